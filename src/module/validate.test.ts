import { describe, expect, test } from 'vitest'
import * as models from './fixtures/models.js'
import { type Argument, command, container, defineModule, expectError, type Shape, t } from './index.js'
import { checkModule, commandsProblems, DefinitionError, moduleProblems } from './validate.js'

/** A command in JavaScript's eyes: anything may be wrong with it. */
const sound = {
  kind: 'command',
  name: 'cmd',
  summary: 'A test.',
  flags: ['readonly'],
  args: {},
  examples: [],
  run: () => null,
}
const soundModule = { kind: 'module', name: 'a.b', version: '1.0.0', requires: '^1', options: {}, commands: [sound] }

const lines = (problems: readonly { path: string; message: string }[]) =>
  problems.map(({ path, message }) => `${path}: ${message}`)

test('the models have no problems', () => {
  expect(commandsProblems([...models.allModels, models.scriptname])).toEqual([])
  expect(moduleProblems(models.geoModule)).toEqual([])
  expect(moduleProblems(soundModule)).toEqual([])
})

test.each<[Record<string, unknown>, string]>([
  [{ name: '' }, 'name: must not be empty'],
  [{ name: '<builtin>' }, "name: must not begin with '<', which is for the modules of the server"],
  [{ name: 'a b' }, "name: must be printable ASCII without spaces, ',' and '='"],
  [{ name: 'a=b' }, "name: must be printable ASCII without spaces, ',' and '='"],
  [{ name: 'a,b' }, "name: must be printable ASCII without spaces, ',' and '='"],
  [{ name: 'a\nb' }, "name: must be printable ASCII without spaces, ',' and '='"],
  [{ name: undefined }, 'name: must be text, not undefined'],
  [{ version: '1' }, 'version: must be a version such as 1.0.0, not the text "1"'],
  [{ requires: 'latest!' }, 'requires: must be a range of versions such as ^1, not the text "latest!"'],
  [{ requires: '' }, 'requires: must be a range of versions such as ^1, not the text ""'],
  [{ commands: undefined }, 'commands: must be an array of commands, not undefined'],
  [{ commands: [] }, 'commands: must not be empty'],
  [
    { commands: async () => [] },
    'commands: must be a plain function; it is async, and all that it needs is there at once',
  ],
  [{ commands: [1] }, 'commands[0]: must be what command(…) or container(…) returns, not the number 1'],
  [
    { commands: [sound, { ...sound, name: 'CMD' }] },
    "commands[1].name: 'cmd' is the name of commands[0] too; rename one of them",
  ],
  [{ load: 1 }, 'load: must be a function, not the number 1'],
  [
    { cleanup: async () => {} },
    'cleanup: must be a plain function; it is async, and all that it needs is there at once',
  ],
  [{ options: { order: t.flag('X') } }, 'options.order: must be a single argument, as it is one word at load'],
  [{ options: { order: 1 } }, 'options.order: must be made with t.…, and is the number 1'],
])('a module: %#', (change, expected) => {
  expect(lines(moduleProblems({ ...soundModule, ...change }))).toEqual([expected])
})

test('what is no module at all', () => {
  expect(lines(moduleProblems(undefined))).toEqual([
    ': the default export must be what defineModule(…) returns, not undefined',
  ])
  expect(lines(moduleProblems(sound))).toEqual([
    ': the default export must be what defineModule(…) returns, not an object',
  ])
})

test('options may be required after optional ones: they have names', () => {
  expect(moduleProblems({ ...soundModule, options: { a: t.optional(t.text(), 'x'), b: t.integer() } })).toEqual([])
})

test.each<[Record<string, unknown>, string]>([
  [{ name: '' }, `commands[0].name: must be printable ASCII without spaces, quotes and '|', not the text ""`],
  [{ name: 'a|b' }, `commands[0].name: must be printable ASCII without spaces, quotes and '|', not the text "a|b"`],
  [{ summary: undefined }, 'commands[0].summary: must be text, not undefined'],
  [{ since: 1 }, 'commands[0].since: must be text, not the number 1'],
  [{ flags: undefined }, 'commands[0].flags: must be an array, not undefined'],
  [{ flags: ['write', 'readonly'] }, 'commands[0].flags: has both write and readonly'],
  [{ run: undefined }, 'commands[0].run: must be a function, not undefined'],
  [
    { run: async () => 1 },
    'commands[0].run: must be a plain function; it is async, and all that it needs is there at once',
  ],
  [
    { run: function* () {} },
    'commands[0].run: must be a plain function; it is a generator, and all that it needs is there at once',
  ],
  [{ examples: 1 }, 'commands[0].examples: must be an array of [line, reply], not the number 1'],
  [{ examples: [['GET']] }, "commands[0].examples[0]: must be a line and its reply: ['POONG', 'PONG']"],
  [{ examples: [['GET "k', 1]] }, 'commands[0].examples[0]: is no command line: it is empty, or a quote is not closed'],
  [{ examples: [['', 1]] }, 'commands[0].examples[0]: is no command line: it is empty, or a quote is not closed'],
  [{ ifMissing: [] }, 'commands[0].ifMissing: is for commands whose first argument is a key'],
  [
    { ifMissing: [], args: { name: t.text(), key: t.key() } },
    'commands[0].ifMissing: is for commands whose first argument is a key',
  ],
  [{ args: undefined }, 'commands[0].args: must be an object of arguments, { key: t.key(), … }, not undefined'],
  [{ args: [t.key()] }, 'commands[0].args: must be an object of arguments, { key: t.key(), … }, not an array'],
])('a command: %#', (change, expected) => {
  expect(lines(commandsProblems([{ ...sound, ...change }]))).toEqual([expected])
})

test('a bad flag: the good ones are listed', () => {
  expect(lines(commandsProblems([{ ...sound, flags: ['fats'] }]))[0]).toMatch(
    /^commands\[0\]\.flags: has the text "fats"; the flags are write, readonly, /,
  )
})

describe('a grammar', () => {
  const junk = (value: unknown) => value as Argument
  test.each<[Shape, string]>([
    [{ a: junk(1) }, 'args.a: must be made with t.…, and is the number 1'],
    [{ a: junk(t.key) }, 'args.a: must be made with t.…, and is a function'],
    [{ a: junk({ kind: 'what' }) }, "args.a: is of an unknown kind, 'what'"],
    [{ '1': t.key() }, 'args.1: is not a name that JavaScript can destructure'],
    [{ 'a-b': t.key() }, 'args.a-b: is not a name that JavaScript can destructure'],
    [{ a: t.integer({ min: 3, max: 1 }) }, 'args.a: min is greater than max'],
    [{ a: t.integer({ min: 0.5 }) }, 'args.a: min and max must be integers'],
    [{ a: t.bigint({ min: 1 as never }) }, 'args.a: min and max must be bigints'],
    [{ a: t.number({ min: NaN }) }, 'args.a: min and max must be numbers, and min not greater than max'],
    [{ a: t.text({ error: 'no code' }) }, "args.a: error must begin with its code, as in 'ERR syntax error'"],
    [{ a: t.text({ missing: 'ERR two\nlines' }) }, 'args.a: missing must be one line'],
    [{ a: t.text({ name: 'two words' }) }, 'args.a: name must be a word, not the text "two words"'],
    [
      { a: t.key({ access: 'all' as never }) },
      'args.a: access must be one of read, write, read-write, insert, overwrite, delete, not the text "all"',
    ],
    [{ a: t.oneOf('x', 'X') }, "args.a: 'X' is there twice"],
    [{ a: t.oneOf('x y') }, 'args.a: a word must be printable ASCII without spaces, not the text "x y"'],
    [{ a: t.oneOf({}) }, 'args.a: needs at least one word'],
    [{ a: t.flag('') }, 'args.a: a word must be printable ASCII without spaces, not the text ""'],
    [{ a: t.flag('A'), b: t.flag('a') }, "args.b: the word 'a' is there twice"],
    [
      { o: t.options({ a: t.flag('A'), b: t.clause('B', t.text()), c: t.flag('C', 'b') }) },
      "args.o: the word 'b' is there twice",
    ],
    [
      { o: t.options({ a: t.flag('A') }, { exclusive: [['b' as never]] }) },
      "args.o: exclusive has 'b', which is none of the options",
    ],
    [
      { o: t.options({ a: t.text() as never }) },
      "args.o: 'a' must be a flag, a clause or a oneOf: other arguments cannot be told apart in any order",
    ],
    [{ o: t.options({}) }, 'args.o: must have at least one member'],
    [
      { o: t.options({ a: t.clause('A', t.oneOrMore(t.text())) }) },
      'args.o.a: repeats, and so would take the other options too; count it (t.counted) instead',
    ],
    [{ a: t.clause('A', t.optional(t.text())) }, 'args.a: nothing has to follow the word; make it a flag'],
    [{ a: t.optional(t.text()), b: t.text() }, "args.a: is optional, but 'b' after it is required; put it after"],
    [{ a: t.optional(t.zeroOrMore(t.text())) }, 'args.a: is optional as it is, without t.optional'],
    [
      { a: t.oneOrMore(t.text()), b: t.zeroOrMore(t.text()) },
      "args.a: repeats, so only required arguments can follow it, and 'b' is none; count it (t.counted) instead",
    ],
    [
      { a: t.oneOrMore(t.text()), b: t.flag('B') },
      "args.a: repeats, so only required arguments can follow it, and 'b' is none; count it (t.counted) instead",
    ],
    [
      { a: t.alternatives([{ x: t.text() }]), b: t.optional(t.text()) },
      "args.a: repeats, so only required arguments can follow it, and 'b' is none; count it (t.counted) instead",
    ],
    [{ a: t.oneOrMore(t.optional(t.text())) }, 'args.a: what repeats must always be the same number of arguments'],
    [{ a: t.oneOrMore(t.oneOrMore(t.text())) }, 'args.a: what repeats must always be the same number of arguments'],
    [
      { a: t.oneOrMore(t.text({ missing: 'ERR no' })) },
      'args.a: in what repeats, use the error of the repetition instead of missing',
    ],
    [{ a: t.counted(t.text(), { min: -1 }) }, 'args.a: min must be an integer from 0, not the number -1'],
    [
      { a: t.group({ b: t.text(), c: t.oneOrMore(t.text()), d: t.flag('D') }) },
      "args.a.c: repeats, so only required arguments can follow it, and 'd' is none; count it (t.counted) instead",
    ],
    [
      { a: t.optional(t.text()), key: t.optional(t.key()) },
      'args.key: where this key stands cannot be stated: its place varies with what stands before it; put it first',
    ],
    [
      { fields: t.oneOrMore(t.text()), key: t.key() },
      'args.key: where this key stands cannot be stated: its place varies with what stands before it; put it first',
    ],
    [
      { o: t.options({ a: t.flag('A') }), keys: t.oneOrMore(t.key()) },
      'args.keys: where this key stands cannot be stated: where these keys begin and end varies with what stands around them',
    ],
    [
      { key: t.optional(t.key()), a: t.flag('A') },
      'args.key: where this key stands cannot be stated: an optional key can only be followed by other optional arguments that are no words',
    ],
    [
      { form: t.alternatives([{ key: t.key() }, { a: t.text(), key: t.key() }]) },
      'args.form: where this key stands cannot be stated: a form cannot hold keys; put them before the alternatives',
    ],
    [
      { o: t.options({ store: t.clause('STORE*', t.key()) }) },
      'args.o.store: where this key stands cannot be stated: the word before a key must be spelt out, without *',
    ],
    [
      { o: t.options({ store: t.clause('STORE', { a: t.text(), key: t.key() }) }) },
      'args.o.store: where this key stands cannot be stated: after a word, a key must come right away, and only one, or keys with their count',
    ],
  ])('%#', (args, expected) => {
    const found = lines(commandsProblems([{ ...sound, args }]))
    expect(found[0]).toContain(`commands[0].${expected}`)
    expect(found).toHaveLength(1)
  })
})

test('content that is no object at all is a mistake in the line that says so', () => {
  expect(() => t.optional(undefined as never)).toThrow(
    'an argument (t.…) or an object of arguments is needed, not undefined',
  )
  expect(() => t.options('x' as never)).toThrow('is needed, not the text "x"')
})

test('containers', () => {
  const problems = (change: Record<string, unknown>) => lines(commandsProblems([{ ...models.scriptname, ...change }]))
  expect(problems({ subcommands: [] })).toEqual([
    'commands[0].subcommands: must be an array of commands, and not empty',
  ])
  expect(problems({ unknown: 'what?' })).toEqual([
    "commands[0].unknown: must begin with its code, as in 'ERR syntax error'",
  ])
  expect(problems({ subcommands: [models.scriptname] })).toEqual([
    'commands[0].subcommands[0]: must be what command(…) returns, not an object',
  ])
  expect(problems({ subcommands: [sound, sound] })).toEqual([
    "commands[0].subcommands[1].name: 'cmd' is the name of commands[0].subcommands[0] too; rename one of them",
  ])
})

test('all problems are in one error', () => {
  expect(() => checkModule({ ...soundModule, name: '', version: '' })).toThrow(DefinitionError)
  expect(() => checkModule({ ...soundModule, name: '', version: '' })).toThrow(
    'name: must not be empty\nversion: must be a version such as 1.0.0, not the text ""',
  )
  expect(() => checkModule(models.geoModule)).not.toThrow()
})

test('nothing that a file may export makes the check itself fail', () => {
  const odd = [
    null,
    1,
    'x',
    [],
    {},
    { kind: 'module' },
    { kind: 'command' },
    { kind: 'container' },
    { kind: 'group' },
    { kind: 'options', members: 3 },
    { kind: 'optional' },
    { kind: 'oneOf', words: [null] },
    { kind: 'oneOf', words: [{ spellings: 1 }] },
    { kind: 'alternatives', forms: [null] },
    { kind: 'flag' },
    { kind: 'options', members: [['a', null]] },
    { kind: 'group', members: [1] },
    { kind: 'counted' },
    { kind: 'text', error: 3 },
  ]
  for (const value of odd) {
    expect(moduleProblems(value).length, JSON.stringify(value)).toBeGreaterThan(0)
    expect(moduleProblems({ ...soundModule, commands: [value] }).length, JSON.stringify(value)).toBeGreaterThan(0)
    expect(
      moduleProblems({ ...soundModule, commands: [{ ...sound, args: { a: value } }] }).length,
      JSON.stringify(value),
    ).toBeGreaterThan(0)
  }
})

test('what command, container and defineModule fill in', () => {
  const bare = command({ name: 'c', summary: 'A test.', flags: [], run: () => null })
  expect(bare).toMatchObject({ kind: 'command', args: {}, examples: [] })
  expect(container({ name: 'c', summary: 'A test.', subcommands: [bare] })).toMatchObject({ kind: 'container' })
  expect(defineModule({ name: 'm', version: '1.0.0', requires: '^1', commands: [bare] })).toMatchObject({
    kind: 'module',
    options: {},
  })
  expect(expectError('ERR x')).toEqual({ [Symbol.for('krmt.expectedError')]: 'ERR x' })
})
