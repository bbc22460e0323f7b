import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from '@dynsrv/tools/property'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decode, encode, type Term, toJson } from '../../src/index.ts'
import { term } from '../arbitrary-term.ts'

// What `res.json()` of Express and `reply.send()` of Fastify do: JSON.stringify, and 500 when that throws.
let server: Server
let value: unknown
beforeAll(async () => {
  server = createServer((_request, response) => {
    try {
      json(response, value)
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})

function json(response: ServerResponse, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(200, { 'content-type': 'application/json' }).end(text)
}

async function answered(body: unknown): Promise<unknown> {
  value = body
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  const text = await response.text()
  expect([response.status, text]).toEqual([200, expect.any(String)])
  return JSON.parse(text)
}

/** JSON knows neither of these by itself: they go through `toJson`. */
function isBare(body: Term): boolean {
  return typeof body === 'bigint' || body instanceof Uint8Array || body === undefined
}

describe('a web route', () => {
  it('answers with any plain reply as it is', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(term, async (sent) => {
        const reply = decode(encode(sent), { values: 'plain' })
        const body = isBare(reply) ? toJson(reply) : reply
        expect(await answered(body)).toEqual(JSON.parse(JSON.stringify(toJson(reply))))
        // In an answer of the program's own, too.
        expect(await answered({ reply: isBare(reply) ? toJson(reply) : reply })).toHaveProperty('reply')
      }),
      { numRuns: 150 },
    )
  })

  it('answers with any exact reply through toJson, as with the plain one', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(term, async (sent) => {
        const exact = await answered(toJson(decode(encode(sent))))
        expect(exact).toEqual(JSON.parse(JSON.stringify(toJson(decode(encode(sent), { binary: 'view' })))))
      }),
      { numRuns: 150 },
    )
  })
})
