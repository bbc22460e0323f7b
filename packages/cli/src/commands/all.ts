// Made by `npm run generate` from the files of this folder.
import type { ListedCommand } from '../command.ts'

/** Every command, in the order of `dynsrv help`. */
export const COMMANDS: readonly ListedCommand[] = [
  {
    name: 'join',
    summary: 'join a cluster and show its members as they come, go or fail',
    group: 'Be a member',
  },
  {
    name: 'up',
    summary: 'join a cluster and stay, with health and metrics over HTTP',
    group: 'Be a member',
  },
  {
    name: 'doctor',
    summary: 'find out why a cluster does not form: what is wrong, how it was seen, what to do',
    group: 'See what is there, and what is wrong',
  },
  {
    name: 'ping',
    summary: 'reach a node step by step, and say what is wrong when it fails',
    group: 'See what is there, and what is wrong',
  },
  {
    name: 'resolve',
    summary: 'show each step of the lookup of a node',
    group: 'See what is there, and what is wrong',
  },
  {
    name: 'names',
    summary: 'list the members that SRV records or an epmd name',
    group: 'See what is there, and what is wrong',
  },
  {
    name: 'nodes',
    summary: 'dial the members: visible or hidden, OTP release, latency, why missing',
    group: 'See what is there, and what is wrong',
  },
  {
    name: 'watch',
    summary: 'the same, live: members that come, go or slow down, and why',
    group: 'See what is there, and what is wrong',
  },
  {
    name: 'wait',
    summary: 'wait until a number of members answer',
    group: 'See what is there, and what is wrong',
  },
  {
    name: 'call',
    summary: 'call a function of a node and print what it returns',
    group: 'Talk to a node',
  },
  {
    name: 'cast',
    summary: 'call a function of a node without waiting for it',
    group: 'Talk to a node',
  },
  {
    name: 'send',
    summary: 'send a message to a registered process of a node',
    group: 'Talk to a node',
  },
  {
    name: 'eval',
    summary: 'evaluate an expression at a BEAM node',
    group: 'Talk to a node',
  },
  {
    name: 'types',
    summary: 'write the types of a module of a running node as TypeScript',
    group: 'Talk to a node',
  },
  {
    name: 'epmd',
    summary: 'serve the names of the nodes of this machine, as epmd does',
    group: 'Help on this machine',
  },
  {
    name: 'decode',
    summary: 'show a term, or a captured link packet by packet',
    group: 'Help on this machine',
  },
  {
    name: 'cookie',
    summary: 'make a cookie: dynsrv cookie new',
    group: 'Help on this machine',
  },
  {
    name: 'dns',
    summary: 'serve SRV records for development, from flags or a file',
    group: 'Help on this machine',
  },
  {
    name: 'demo',
    summary: 'show a mixed cluster form, lose and gain members, and survive its DNS server',
    group: 'Help on this machine',
  },
  {
    name: 'completion',
    summary: 'print the script that completes commands and options in your shell',
    group: 'Help on this machine',
  },
]
