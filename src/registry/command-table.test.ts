import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CommandTable } from './command-table.js'
import type { CommandDefinition } from './definition.js'

function define(name: string): CommandDefinition {
  return { name, summary: '', since: '1.0.0', group: 'test', complexity: '', arity: 1, flags: [], run: () => {} }
}

function swap(table: CommandTable, module: string, ...names: string[]) {
  return table.swap(module, names.map(define))
}

/** Whose command serves under a name. */
function serving(table: CommandTable, name: string): string | undefined {
  return table.lookup(name)?.module
}

describe('a command table', () => {
  test('finds a command in any case', () => {
    const table = new CommandTable()
    swap(table, '<builtin>', 'get')
    expect(['get', 'GET', 'gEt', 'gets', 'get\0', 'x'.repeat(1000)].map(name => serving(table, name))).toEqual([
      '<builtin>',
      '<builtin>',
      '<builtin>',
      undefined,
      undefined,
      undefined,
    ])
  })

  test('tells what a swap did', () => {
    const table = new CommandTable()
    swap(table, '<builtin>', 'get', 'set')
    expect(swap(table, 'one', 'get', 'mine')).toEqual({ added: ['mine'], replaced: ['get'], removed: [], restored: [] })
    expect(swap(table, 'one', 'mine')).toEqual({
      added: [],
      replaced: ['mine'],
      removed: ['get'],
      restored: [{ name: 'get', module: '<builtin>' }],
    })
    expect(swap(table, 'one')).toEqual({ added: [], replaced: [], removed: ['mine'], restored: [] })
    expect([...table.commands()].map(({ fullName }) => fullName)).toEqual(['get', 'set'])
  })

  test('a command from below that leaves restores nothing: what serves has not changed', () => {
    const table = new CommandTable()
    swap(table, '<builtin>', 'get')
    swap(table, 'one', 'get')
    swap(table, 'two', 'get')
    expect(swap(table, 'one')).toEqual({ added: [], replaced: [], removed: ['get'], restored: [] })
    expect(serving(table, 'get')).toBe('two')
    expect(swap(table, 'two').restored).toEqual([{ name: 'get', module: '<builtin>' }])
  })

  test('finds what serves now for a command that was looked up before', () => {
    const table = new CommandTable()
    swap(table, 'one', 'get')
    const before = table.lookup('get')
    if (before === undefined) throw new Error('not found')
    swap(table, 'one', 'get')
    expect(table.serving(before)).toBe(table.lookup('get'))
    expect(table.serving(before)).not.toBe(before)
    swap(table, 'one')
    expect(table.serving(before)).toBe(before)
  })

  test('does as a list of modules would, whoever comes and goes in whatever order', () => {
    const name = fc.constantFrom<string>('a', 'b', 'c', 'd')
    const step = fc.record({
      module: fc.constantFrom('one', 'two', 'three'),
      names: fc.uniqueArray(name, { maxLength: 4 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), steps => {
        const table = new CommandTable()
        swap(table, '<builtin>', 'a', 'b')
        /** For each name, who brought it, in the order in which they did. */
        const model = new Map([
          ['a', ['<builtin>']],
          ['b', ['<builtin>']],
        ])
        for (const { module, names } of steps) {
          swap(table, module, ...names)
          for (const name of 'abcd') {
            const owners = model.get(name) ?? []
            const has = owners.includes(module)
            if (names.includes(name) && !has) model.set(name, [...owners, module])
            if (!names.includes(name) && has)
              model.set(
                name,
                owners.filter(owner => owner !== module),
              )
          }
          for (const name of 'abcd') {
            expect(serving(table, name)).toBe(model.get(name)?.at(-1))
            expect(serving(table, name.toUpperCase())).toBe(model.get(name)?.at(-1))
          }
          for (const owner of ['one', 'two', 'three', '<builtin>']) {
            expect(table.namesOf(owner).sort()).toEqual([...'abcd'].filter(name => model.get(name)?.includes(owner)))
          }
        }
      }),
    )
  })
})
