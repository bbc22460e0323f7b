// Made by `npm run generate` from the files of this folder.
import type { ListedCommand } from '../command.ts'

/** Every command, in the order of `dynsrv help`. */
export const COMMANDS: readonly ListedCommand[] = [
  {
    name: 'join',
    term: 'join [options]',
    summary: 'join a cluster and show its members as they come, go or fail',
  },
  {
    name: 'up',
    term: 'up [options]',
    summary: 'join a cluster and stay, with health and metrics over HTTP',
  },
  {
    name: 'doctor',
    term: 'doctor [options]',
    summary: 'find out why a cluster does not form: what is wrong, how it was seen, what to do',
  },
  {
    name: 'ping',
    term: 'ping [options] <node>',
    summary: 'reach a node step by step, and say what is wrong when it fails',
  },
  {
    name: 'resolve',
    term: 'resolve [options] <node>',
    summary: 'show each step of the lookup of a node',
  },
  {
    name: 'names',
    term: 'names [options]',
    summary: 'list the members that SRV records or an epmd name',
  },
  {
    name: 'nodes',
    term: 'nodes [options]',
    summary: 'dial the members: visible or hidden, OTP release, latency, why missing',
  },
  {
    name: 'watch',
    term: 'watch [options]',
    summary: 'the same, live: members that come, go or slow down, and why',
  },
  {
    name: 'wait',
    term: 'wait [options]',
    summary: 'wait until a number of members answer',
  },
  {
    name: 'call',
    term: 'call [options] <node> <module> <function> [args...]',
    summary: 'call a function of a node and print what it returns',
  },
  {
    name: 'cast',
    term: 'cast [options] <node> <module> <function> [args...]',
    summary: 'call a function of a node without waiting for it',
  },
  {
    name: 'send',
    term: 'send [options] <node> <process> <message>',
    summary: 'send a message to a registered process of a node',
  },
  {
    name: 'eval',
    term: 'eval [options] <node> <expression>',
    summary: 'evaluate an expression at a BEAM node',
  },
  {
    name: 'types',
    term: 'types [options] <module>',
    summary: 'write the types of a module of a running node as TypeScript',
  },
  {
    name: 'epmd',
    term: 'epmd [options]',
    summary: 'serve the names of the nodes of this machine, as epmd does',
  },
  {
    name: 'decode',
    term: 'decode [options] [hex|file|-]',
    summary: 'show a term, or a captured link packet by packet',
  },
  {
    name: 'cookie',
    term: 'cookie',
    summary: 'make a cookie: dynsrv cookie new',
  },
  {
    name: 'dns',
    term: 'dns [options] [records.json]',
    summary: 'serve SRV records for development, from flags or a file',
  },
  {
    name: 'demo',
    term: 'demo [options]',
    summary: 'show a mixed cluster form, lose and gain members, and survive its DNS server',
  },
  {
    name: 'completion',
    term: 'completion [shell]',
    summary: 'print the script that completes commands and options in your shell',
  },
]
