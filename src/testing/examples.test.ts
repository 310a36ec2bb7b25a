import { command, container, defineModule, type Example, expectError, ReplyError, reply, t } from 'krmt/module'
import { checkExamples, ExamplesError, testExamples } from 'krmt/testing'
import { describe, expect, test } from 'vitest'

/** A module of one command, WORD, that answers what `run` returns for its argument. */
function moduleOf(examples: readonly Example[], run: (word: string) => string | number | null) {
  const word = command({
    name: 'word',
    summary: 'Answers.',
    flags: ['readonly'],
    args: { word: t.optional(t.text(), '') },
    examples,
    run: ({ word }) => run(word),
  })
  return defineModule({ name: 'words', version: '1.0.0', requires: '^1', commands: [word] })
}

async function messageOf(checked: Promise<unknown>): Promise<string> {
  const error: unknown = await checked.then(
    () => undefined,
    thrown => thrown,
  )
  return error instanceof Error ? error.message : `no error: ${error}`
}

const kinds = container({
  name: 'kind',
  summary: 'Answers of every kind.',
  subcommands: [
    command({
      name: 'of',
      summary: 'One by its name.',
      flags: ['readonly'],
      args: { kind: t.text() },
      examples: [
        ['KIND OF status', 'FINE'],
        ['KIND OF text', 'naïve ☂'],
        ['KIND OF integer', -3],
        ['KIND OF big', 2n ** 60n],
        ['KIND OF double', 0.25],
        ['KIND OF boolean', true],
        ['KIND OF nil', null],
        ['KIND OF array', [1, 'two', [null, []]]],
        ['KIND OF map', { one: 1, inner: { two: [2] } }],
        ['KIND OF set', ['a', 'b']],
        ['KIND OF partly', ['fine', expectError('ERR not so fine')]],
        ['KIND OF other', expectError('ERR no kind other')],
        ['KIND OF "quoted \\x41"', expectError('ERR no kind quoted A')],
        ['KIND OF', expectError("ERR wrong number of arguments for 'kind|of' command")],
      ],
      run({ kind }) {
        switch (kind) {
          case 'status':
            return reply.status('FINE')
          case 'text':
            return 'naïve ☂'
          case 'integer':
            return -3
          case 'big':
            return 2n ** 60n
          case 'double':
            return 0.25
          case 'boolean':
            return true
          case 'nil':
            return null
          case 'array':
            return [1, 'two', [null, []]]
          case 'map':
            return reply.map({ inner: reply.map({ two: [2] }), one: 1 })
          case 'set':
            return reply.set(['a', 'b'])
          case 'partly':
            return ['fine', reply.error('ERR not so fine')]
          default:
            throw new ReplyError(`ERR no kind ${kind}`)
        }
      },
    }),
  ],
})
const kindModule = defineModule({ name: 'kinds', version: '1.0.0', requires: '^1', commands: [kinds] })

describe('examples that hold', () => {
  test('replies of every kind, also of subcommands', async () => {
    expect(await checkExamples(kindModule)).toEqual({ commands: 1, examples: 14 })
  })

  test('each command starts on an empty server', async () => {
    const counter = (name: string) =>
      command({
        name,
        summary: 'Counts.',
        flags: ['write'],
        args: { key: t.key() },
        examples: [
          [`${name} visits`, 1],
          [`${name} visits`, 2],
          ['GET visits', '2'],
        ],
        run({ key }, { read, write }) {
          write.string(key).increment()
          return Number(read.string(key).get() ?? 0) + 1
        },
      })
    const module = defineModule({
      name: 'counters',
      version: '1.0.0',
      requires: '^1',
      commands: [counter('count'), counter('tally')],
    })
    expect(await checkExamples(module)).toEqual({ commands: 2, examples: 6 })
  })

  test('with the options that are given', async () => {
    const module = defineModule({
      name: 'greeter',
      version: '1.0.0',
      requires: '^1',
      options: { greeting: t.optional(t.text(), 'Hello') },
      commands: ({ greeting }) => [
        command({
          name: 'greet',
          summary: 'Greets.',
          flags: ['fast'],
          examples: [['GREET', 'Salut']],
          run: () => greeting,
        }),
      ],
    })
    expect(await checkExamples(module, { options: { greeting: 'Salut' } })).toEqual({ commands: 1, examples: 1 })
    expect(await messageOf(checkExamples(module))).toContain('expected  "Salut"\n  got       "Hello"')
  })
})

describe('examples that do not', () => {
  test('the message names the line, what was expected, and what came', async () => {
    const module = moduleOf(
      [
        ['WORD a', 'a'],
        ['WORD b', 'B'],
      ],
      word => word,
    )
    expect(await messageOf(checkExamples(module))).toBe(
      'examples of words failed:\nWORD, example 2: WORD b\n  expected  "B"\n  got       "b"',
    )
    const error: unknown = await checkExamples(module).catch(thrown => thrown)
    expect(error).toBeInstanceOf(ExamplesError)
    expect(error).toMatchObject({
      expected: 'B',
      actual: 'b',
      failures: [{ command: 'WORD', number: 2, line: 'WORD b' }],
    })
  })

  test.each<[example: Example, got: string]>([
    [['WORD', 1], '"1"'],
    [['WORD', '2'], '"1"'],
    [['WORD', null], '"1"'],
    [['WORD', ['1']], '"1"'],
    [['WORD', { 1: 1 }], '"1"'],
    [['WORD', expectError('1')], '"1"'],
    [['WORDS', '1'], 'expectError("ERR unknown command \'WORDS\', with args beginning with: ")'],
    [['WORD a b', expectError('ERR')], 'expectError("ERR wrong number of arguments for \'word\' command")'],
  ])('%j is answered %s', async (example, got) => {
    expect(await messageOf(checkExamples(moduleOf([example], () => '1')))).toContain(`got       ${got}`)
  })

  test.each<[expected: Example[1], got: string]>([
    [[1, 'two'], '[1, "two", [null, []]]'],
    [[1, 'two', [null, [0]]], '[1, "two", [null, []]]'],
    [{ 0: 1 }, '[1, "two", [null, []]]'],
  ])('an array is not %j', async (expected, got) => {
    const [of] = kinds.subcommands
    const changed = { ...of, examples: [['KIND OF array', expected]] as const }
    const module = { ...kindModule, commands: [{ ...kinds, subcommands: [changed] }] }
    expect(await messageOf(checkExamples(module))).toContain(`got       ${got}`)
  })

  test.each<[expected: Example[1]]>([
    [{ one: 1 }],
    [{ one: 1, inner: { two: [3] } }],
    [{ one: 1, inner: { two: [2] }, three: 3 }],
  ])('a map is not %j', async expected => {
    const [of] = kinds.subcommands
    const changed = { ...of, examples: [['KIND OF map', expected]] as const }
    const module = { ...kindModule, commands: [{ ...kinds, subcommands: [changed] }] }
    expect(await messageOf(checkExamples(module))).toContain('got       { "inner": { "two": [2] }, "one": 1 }')
  })

  test('a command that throws says what it threw', async () => {
    const module = moduleOf([['WORD', 'x']], () => {
      throw new Error('out of words')
    })
    expect(await messageOf(checkExamples(module))).toContain(
      `got       expectError("ERR internal error in 'word': out of words")`,
    )
  })

  test('a module without any example is not passed over in silence', async () => {
    expect(await messageOf(checkExamples(moduleOf([], () => 1)))).toBe('no command of module words has examples')
  })

  test('neither is what is no module', async () => {
    const none = { kind: 'module', name: '' } as unknown as Parameters<typeof checkExamples>[0]
    expect(await messageOf(checkExamples(none))).toContain('name: must not be empty')
  })
})

describe('commands that are not deterministic', () => {
  const { random } = Math
  let calls = 0
  const asked: readonly [string, () => string | number][] = [
    ['Date.now()', () => Date.now()],
    ['new Date()', () => new Date().toISOString()],
    ['Date()', () => Date()],
    ['Math.random()', () => Math.random()],
    ['performance.now()', () => performance.now()],
    ['crypto.randomUUID()', () => crypto.randomUUID()],
    ['crypto.getRandomValues()', () => crypto.getRandomValues(new Uint8Array(4)).join(' ')],
    ['setTimeout()', () => String(clearTimeout(setTimeout(() => {}, 1)))],
    ['queueMicrotask()', () => String(queueMicrotask(() => {}))],
  ]

  test.each(asked)('that ask the process for %s', async (name, run) => {
    // The reply does not show it.
    const module = moduleOf([['WORD', 1]], () => (run() === undefined ? 0 : 1))
    const message = await messageOf(checkExamples(module))
    expect(message).toContain(`WORD, example 1: WORD\n  asked the process for ${name}: `)
    expect(message).toContain('examples.test.ts')
  })

  test('a date that is computed is no time of the process', async () => {
    const module = moduleOf([['WORD', 86_400_000]], () =>
      new Date(1970, 0, 2, 0, -new Date(0).getTimezoneOffset()).getTime(),
    )
    expect(await checkExamples(module)).toEqual({ commands: 1, examples: 1 })
  })

  test('that have taken the process aside are found out by their replies', async () => {
    // Kept outside of the command, where no watch on the process sees it.
    const module = moduleOf([['WORD', 'x']], () => (calls++ === 0 ? 'x' : 'y'))
    expect(await messageOf(checkExamples(module))).toContain('expected  "x"\n  got       "y"')
  })

  test('or by what they write', async () => {
    const note = command({
      name: 'note',
      summary: 'Notes a number.',
      flags: ['write'],
      args: { key: t.key() },
      examples: [['NOTE key', 'OK']],
      run({ key }, { write }) {
        write.string(key).set(random())
        return reply.ok
      },
    })
    const module = defineModule({ name: 'notes', version: '1.0.0', requires: '^1', commands: [note] })
    const message = await messageOf(checkExamples(module))
    expect(message).toMatch(
      /did not do the same twice.*it wrote\n {2}first {5}\[\["SET", "key", "0\.\d+"\]\]\n {2}then {6}\[/,
    )
  })

  test('leave the globals as they were', async () => {
    const before = [Date, Date.now, Math.random, performance.now, setTimeout, fetch]
    await checkExamples(moduleOf([['WORD', 1]], () => Date.now())).catch(() => {})
    expect([Date, Date.now, Math.random, performance.now, setTimeout, fetch]).toEqual(before)
    expect(Object.hasOwn(performance, 'now')).toBe(false)
  })

  test('are told apart when several modules are checked at once', async () => {
    const good = moduleOf([['WORD', 1]], () => 1)
    const bad = moduleOf([['WORD', 1]], () => (Date.now() > 0 ? 1 : 0))
    const outcomes = await Promise.allSettled([checkExamples(bad), checkExamples(good), checkExamples(bad)])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected'])
    expect(Object.hasOwn(performance, 'now')).toBe(false)
  })
})

describe('testExamples', () => {
  test('registers a test for each command that has examples', async () => {
    const silent = command({ name: 'silent', summary: 'Has none.', flags: ['fast'], run: () => 1 })
    const wrong = command({
      name: 'wrong',
      summary: 'Is.',
      flags: ['fast'],
      examples: [['WRONG', 2]],
      run: () => 1,
    })
    const module = defineModule({
      name: 'mixed',
      version: '1.0.0',
      requires: '^1',
      commands: [kinds, silent, wrong],
    })
    const tests = new Map<string, () => Promise<void>>()
    testExamples(module, (name, run) => tests.set(name, run))
    expect([...tests.keys()]).toEqual(['KIND OF: examples', 'WRONG: examples'])
    await tests.get('KIND OF: examples')?.()
    await expect(tests.get('WRONG: examples')?.()).rejects.toThrow('expected  2\n  got       1')
  })

  test('refuses a module without examples', () => {
    expect(() =>
      testExamples(
        moduleOf([], () => 1),
        () => {},
      ),
    ).toThrow('no command of module words has examples')
  })

  testExamples(kindModule, test)
})
