import { expect, it } from 'vitest'
import { isLoopback, isOwnHost } from '../src/health/own-host.ts'

it.each(['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])('%s is reached by this machine only', (address) =>
  expect(isLoopback(address)).toBe(true))

it.each(['10.0.0.1', '192.0.2.127', '::ffff:10.0.0.1', 'fd00::1', '::', undefined])('%s is not', (address) =>
  expect(isLoopback(address)).toBe(false))

it.each([
  'localhost',
  'LOCALHOST:9464',
  '127.0.0.1',
  '127.1.2.3:80',
  '[::1]',
  '[::1]:9464',
])('a request for %s asks this machine by its own name', (host) => expect(isOwnHost(host)).toBe(true))

it.each([
  'evil.test',
  '127.0.0.1.evil.test',
  'localhost.evil.test:80',
  'localhost@evil.test',
  '::1',
  '',
  undefined,
])('a request for %s does not', (host) => expect(isOwnHost(host)).toBe(false))
