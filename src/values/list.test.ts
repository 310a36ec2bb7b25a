import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { List } from './list.js'

const listOf = (elements: Iterable<string>): List => {
  const list = new List()
  for (const element of elements) list.push('tail', element)
  return list
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i))

const visited = (list: List, start: number, stop: number): string[] => {
  const elements: string[] = []
  const visit = (element: string) => elements.push(element)
  if (start <= stop) list.visit(start, stop, visit)
  else list.visitDown(start, stop, visit)
  return elements
}

/** Like the list, but an array. */
interface Model {
  elements: string[]
}

const end = fc.constantFrom<'head' | 'tail'>('head', 'tail')
const element = fc.constantFrom('a', 'b', 'c', 'd')
const index = fc.nat()

const command = (name: string, run: (model: Model, list: List) => void): fc.Command<Model, List> => ({
  check: () => true,
  run(model, list) {
    run(model, list)
    expect([...list].join()).toBe(model.elements.join())
    expect(list.size).toBe(model.elements.length)
  },
  toString: () => name,
})

const commands = [
  fc.tuple(end, fc.array(element, { minLength: 1, maxLength: 400 })).map(([where, pushed]) =>
    command(`push ${where} ${pushed}`, ({ elements }, list) => {
      for (const one of pushed) {
        list.push(where, one)
        if (where === 'head') elements.unshift(one)
        else elements.push(one)
      }
    }),
  ),
  fc.tuple(end, fc.nat(300)).map(([where, count]) =>
    command(`pop ${where} ${count} times`, ({ elements }, list) => {
      for (let i = 0; i < count; i++) {
        expect(list.pop(where)).toBe(where === 'head' ? elements.shift() : elements.pop())
      }
    }),
  ),
  fc.tuple(index, element).map(([at, one]) =>
    command(`insert ${one} at ${at}`, ({ elements }, list) => {
      const place = at % (elements.length + 1)
      list.insert(place, one)
      elements.splice(place, 0, one)
    }),
  ),
  fc.tuple(index, element).map(([at, one]) =>
    command(`set ${at} to ${one}`, ({ elements }, list) => {
      expect(list.indexOf(one)).toBe(elements.indexOf(one))
      if (elements.length === 0) return
      list.set(at % elements.length, one)
      elements[at % elements.length] = one
      expect(list.at(at % elements.length)).toBe(one)
    }),
  ),
  fc.tuple(element, fc.constantFrom(1, 2, 5, 100, Infinity), end).map(([one, limit, from]) =>
    command(`delete ${limit} ${one} from ${from}`, (model, list) => {
      let left = limit
      const kept: string[] = []
      for (const other of from === 'head' ? model.elements : [...model.elements].reverse()) {
        if (other === one && left > 0) left--
        else kept.push(other)
      }
      const deleted = model.elements.length - kept.length
      model.elements = from === 'head' ? kept : kept.reverse()
      expect(list.deleteEqual(one, limit, from)).toBe(deleted)
    }),
  ),
  fc.tuple(end, index).map(([where, count]) =>
    command(`drop ${count} from ${where}`, ({ elements }, list) => {
      const dropped = count % (elements.length + 1)
      list.drop(where, dropped)
      elements.splice(where === 'head' ? 0 : elements.length - dropped, dropped)
    }),
  ),
  fc.tuple(index, index).map(([a, b]) =>
    command(`visit ${a} to ${b}`, ({ elements }, list) => {
      if (elements.length === 0) return
      const start = a % elements.length
      const stop = b % elements.length
      const expected = start <= stop ? elements.slice(start, stop + 1) : elements.slice(stop, start + 1).reverse()
      expect(visited(list, start, stop)).toEqual(expected)
    }),
  ),
]

describe('a list', () => {
  test('does what an array does', () => {
    fc.assert(
      fc.property(fc.commands(commands, { size: '+1' }), sequence => {
        fc.modelRun(() => ({ model: { elements: [] }, real: new List() }), sequence)
      }),
      { numRuns: 100 },
    )
  })

  test('takes an element in at any place between full chunks', () => {
    const elements = numbers(4 * 256)
    for (let index = 0; index <= elements.length; index++) {
      const list = listOf(elements)
      list.insert(index, 'new')
      expect([...list].join()).toBe(elements.toSpliced(index, 0, 'new').join())
    }
  })

  test('is cloned deeply', () => {
    const list = listOf(numbers(1000))
    list.pop('head')
    const copy = list.clone()
    copy.set(0, 'changed')
    copy.push('tail', 'more')
    expect([...list]).toEqual(numbers(1000).slice(1))
    expect([...copy]).toEqual(['changed', ...numbers(1000).slice(2), 'more'])
  })

  test('ends a visit when it is told to', () => {
    const list = listOf(numbers(1000))
    const seen: string[] = []
    list.visit(250, 900, element => seen.push(element) < 10)
    list.visitDown(260, 0, element => seen.push(element) < 20)
    expect(seen).toEqual([...numbers(260).slice(250), ...numbers(261).slice(251).reverse()])
  })

  test('has nothing where there is no index', () => {
    const list = listOf(['a'])
    expect([list.at(-1), list.at(0), list.at(1)]).toEqual([undefined, 'a', undefined])
    expect([list.pop('tail'), list.pop('tail'), list.pop('head'), list.size]).toEqual(['a', undefined, undefined, 0])
  })

  test('keeps its chunks full enough when it loses most of its elements in the middle', () => {
    const list = listOf(numbers(100_000).map((_, i) => (i % 100 === 0 ? 'keep' : 'go')))
    expect(list.deleteEqual('go', Infinity, 'head')).toBe(99_000)
    expect(list.chunks).toBeLessThan(10)
    for (let i = 0; i < 5000; i++) list.insert(500, 'x')
    expect(list.size).toBe(6000)
    expect(list.chunks).toBeLessThan(60)
  })
})
