import { atom, Reference } from '@dynsrv/etf'
import { realWorld } from '@dynsrv/kit'
import fc from '@dynsrv/tools/property'
import { describe, expect, it } from 'vitest'
import { Identifiers } from '../../src/process/identifiers.ts'
import { OwnReferences } from '../../src/process/own-references.ts'

const ids = () => new Identifiers(atom('us@127.0.0.1'), 7, realWorld.random)

describe('what belongs to references of our own', () => {
  it('is found until it is taken out, however many come and go', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 300 }), (steps) => {
        const made = ids()
        const all = new OwnReferences<number>(made)
        const model = new Map<Reference, number>()
        for (const [value, step] of steps.entries()) {
          const old = [...model.keys()][step]
          if (old === undefined) {
            const ref = made.reference()
            all.set(ref, value)
            model.set(ref, value)
          } else {
            expect(all.delete(old)).toBe(model.get(old))
            model.delete(old)
            expect(all.delete(old)).toBeUndefined()
          }
          expect(all.size).toBe(model.size)
          for (const [ref, expected] of model) expect(all.get(ref)).toBe(expected)
        }
        expect(all.values().sort((a, b) => a - b)).toEqual([...model.values()].sort((a, b) => a - b))
      }),
    )
  })

  it('is nothing for references of others, of earlier incarnations and of other shapes', () => {
    const made = ids()
    const all = new OwnReferences<string>(made)
    const { node, creation, words } = made.reference()
    all.set(new Reference(node, creation, words), 'ours')
    expect(all.get(new Reference(node, creation, words))).toBe('ours')
    const strangers = [
      new Reference(atom('them@127.0.0.1'), creation, words),
      new Reference(node, creation + 1, words),
      new Reference(node, creation, words.slice(0, 2)),
      new Reference(node, creation, [words[0]!, words[1]!, (words[2]! + 1) % 2 ** 32]),
      new Reference(node, creation, [words[0]!, words[1]!, 0]),
      new Reference(node, creation, [0, 0, 0]),
    ]
    for (const stranger of strangers) {
      expect(all.get(stranger)).toBeUndefined()
      expect(all.delete(stranger)).toBeUndefined()
    }
  })

  it('cannot be named by a peer that knows other references', () => {
    const made = ids()
    const secrets = Array.from({ length: 5_000 }, () => made.reference().words[2])
    expect(new Set(secrets).size).toBeGreaterThan(4_990)
    expect(secrets.slice(0, 100)).not.toEqual(Array.from({ length: 100 }, () => ids().reference().words[2]))
  })
})
