import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describeDifferential } from '../../support/differential.js'
import { connect } from '../../support/resp-client.js'
import { lua } from '../../support/scripts.js'

const { KRMT_FUZZ_SCRIPTS, KRMT_FUZZ_SEED } = process.env

/** How many scripts each of the tests runs; the environment asks for more. */
const SCRIPTS = Number(KRMT_FUZZ_SCRIPTS ?? 100)
/** The environment gives that of a failure, which is to be repeated. */
const SEED = KRMT_FUZZ_SEED === undefined ? {} : { seed: Number(KRMT_FUZZ_SEED) }

/** `try` gives what a function returns as a text, or its error. Of tables and their like, there is only the type. */
const PRELUDE = lua`
  local function show(v)
    if type(v) == 'string' then return #v > 1000 and #v .. ' bytes, ' .. redis.sha1hex(v) or "'" .. v .. "'" end
    if type(v) == 'number' then return ('%.17g'):format(v) end
    if type(v) == 'nil' or type(v) == 'boolean' then return tostring(v) end
    return type(v)
  end
  local function shown(ok, ...)
    local parts = {ok and select('#', ...) .. ' values' or 'error'}
    for i = 1, select('#', ...) do parts[i + 1] = show((select(i, ...))) end
    return table.concat(parts, ', ')
  end
  local function try(f) return shown(pcall(f)) end
  local function all(next)
    local found = {}
    for a, b, c in next do
      found[#found + 1] = shown(true, a, b, c)
      if #found > 40 then break end
    end
    return table.concat(found, '; ')
  end
  local function sort(items, ...)
    local result = shown(pcall(table.sort, items, ...))
    for i = 1, 20 do items[i] = show(items[i]) end
    return result, table.concat(items, ' ')
  end
`

/** A text of Lua, one char a byte. */
type Code = fc.Arbitrary<string>

/** Writes a call, or whatever holds expressions: `code\`string.sub(${value})\``. */
function code(texts: TemplateStringsArray, ...parts: readonly Code[]): Code {
  return fc.tuple(...parts).map(values => String.raw({ raw: texts }, ...values))
}

function listOf(item: Code, minLength: number, maxLength: number, separator = ', '): Code {
  return fc.array(item, { minLength, maxLength }).map(items => items.join(separator))
}

function choice(...texts: readonly string[]): Code {
  return fc.constantFrom(...texts)
}

/** One of some characters. */
function oneOf(characters: string): Code {
  return fc.constantFrom(...characters)
}

/** Optional arguments after those before. */
function maybe(...rest: readonly Code[]): Code {
  return fc.oneof(fc.constant(''), ...rest.map((_, i) => code`, ${listed(rest.slice(0, i + 1))}`))
}

function listed(parts: readonly Code[]): Code {
  return fc.tuple(...parts).map(texts => texts.join(', '))
}

/** A string of bytes as Lua's source. */
function quoted(text: string): string {
  return `"${text.replace(/[^ !#-[\]-~]/g, char => `\\${String(char.charCodeAt(0)).padStart(3, '0')}`)}"`
}

const text: Code = listOf(oneOf('aaabbc10 ()[]%-.^$\0\xffA\n{}+*?_'), 0, 12, '')
/** Of at most 12 bytes. */
const short: Code = fc.oneof(
  { weight: 10, arbitrary: text.map(quoted) },
  { weight: 1, arbitrary: choice('12.5', '-0', '1e100', '1/3') },
)
const long: Code = code`(${text.map(quoted)}):rep(${choice('9', '20', '60', '300')})`
const string: Code = fc.oneof({ weight: 10, arbitrary: short }, { weight: 1, arbitrary: long })

/** What is given for an index, a count or a position. */
const index: Code = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -13, max: 13 }).map(String) },
  {
    weight: 3,
    arbitrary: choice(
      ...['2^31', '2^31 - 1', '-2^31', '-2^31 - 1', '2^32 + 2', '-2^32 + 2', '2^53', '-2^53', '2^63', '-2^63', '1e300'],
      ...['1/0', '-1/0', '0/0', '1.9', '-1.9', '"2"', '"0x2"', '" 3 "', 'nil'],
    ),
  },
  { weight: 1, arbitrary: choice('"x"', '{}', 'true', '""') },
)
/** One with which redis-server does not take all of its memory. */
const smallIndex: Code = choice('0', '1', '2', '3', '-1', '1.9', '"2"', 'nil', '2^32 + 2', '-1e300', '0/0', '{}')

const number: Code = fc.oneof(
  { weight: 2, arbitrary: index },
  { weight: 2, arbitrary: fc.integer().map(String) },
  { weight: 2, arbitrary: fc.maxSafeInteger().map(String) },
  { weight: 4, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String) },
  { weight: 2, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }).map(String) },
  // What lies half-way between two decimals.
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(), fc.integer({ min: -45, max: 70 })).map(([units, e]) => `${2 * units + 1} * 2^${e}`),
  },
  { weight: 2, arbitrary: fc.tuple(fc.nat(999), fc.nat(25)).map(([units, e]) => `${units}.5 * 10^${e}`) },
  {
    weight: 1,
    arbitrary: choice('2^63 - 1024', '2^64', '2^64 - 2048', '-2^64', '999999.5', '0.00009999995', '-(0/0)'),
  },
)

// --- Patterns.

const classLetter = oneOf('acdlpsuwxzACDLPSUWXZ')
const setItem: Code = fc.oneof(
  oneOf('abc1^-(.$ ]'),
  code`%${classLetter}`,
  code`%${oneOf('%]-^.n')}`,
  choice('a-c', '0-9', 'c-a', 'a-', '-a', '%a-z', '+-%'),
)
const set: Code = code`[${choice('', '', '^')}${choice('', '', ']')}${listOf(setItem, 0, 4, '')}${choice(']', ']', ']', ']', ']', '')}`
const single: Code = fc.oneof(
  { weight: 4, arbitrary: oneOf('aabc1 ..') },
  { weight: 2, arbitrary: code`%${classLetter}` },
  { weight: 1, arbitrary: code`%${oneOf('%.()[')}` },
  { weight: 3, arbitrary: set },
  { weight: 1, arbitrary: oneOf('^$\0-%])') },
)
const { items } = fc.letrec<{ item: string; items: string }>(tie => ({
  items: listOf(tie('item'), 0, 4, ''),
  item: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 4, arbitrary: single },
    { weight: 4, arbitrary: code`${single}${oneOf('*+-?')}` },
    { weight: 2, arbitrary: code`(${tie('items')}${choice(')', ')', ')', ')', ')', '')}` },
    {
      weight: 1,
      arbitrary: choice('()', '%b()', '%bab', '%baa', '%b[]', '%ba', '%b', '(', ')', '%0', '%1', '%2', '%'),
    },
    { weight: 1, arbitrary: code`%f${fc.oneof({ weight: 5, arbitrary: set }, choice('a', ''))}` },
  ),
}))
/** With few enough repetitions for a matcher that tries all ways. */
const pattern: Code = code`${choice('', '', '', '^')}${items}${choice('', '', '', '$')}`
  .filter(given => given.replace(/[^-*+?]/g, '').length <= 8)
  .map(quoted)

const template: Code = listOf(fc.oneof(oneOf('ax-\0'), choice('%0', '%1', '%2', '%9', '%%', '%a', '%')), 0, 4, '').map(
  quoted,
)
const called: Code = choice(
  ...['...', 'nil', 'false', 'true', '1', '1.5', '-0', '{}', '"x"', 'nil, 1', 'select("#", ...)', 'select(-1, ...)'],
  ...[
    'error("e", 0)',
    'error({err = "e"})',
    '("a1b2"):gsub("%d", function(d) return d + 1 end)',
    '("abc"):match("b()")',
  ],
)
const replacement: Code = fc.oneof(
  { weight: 4, arbitrary: template },
  { weight: 3, arbitrary: code`function(...) return ${called} end` },
  {
    weight: 2,
    arbitrary: choice(
      '{a = "x", b = 1, ["1"] = false, c = true}',
      'setmetatable({}, {__index = function(_, k) return k .. "!" end})',
      'setmetatable({}, {__index = function(_, k) return (k:gsub("a", "<%0>")) end})',
      'string',
    ),
  },
  { weight: 1, arbitrary: choice('7', 'nil', 'true', 'tostring') },
)
/** For a long subject, with one repetition. */
const subjectAndPattern: Code = fc.oneof(
  { weight: 10, arbitrary: code`${short}, ${pattern}` },
  { weight: 1, arbitrary: code`${long}, ${code`${single}${oneOf('*+-?')}${listOf(single, 0, 4, '')}`.map(quoted)}` },
)
const search: Code = fc.oneof(
  code`string.find(${subjectAndPattern}${maybe(index, choice('true', 'false', 'nil', '1'))})`,
  code`string.match(${subjectAndPattern}${maybe(index)})`,
  code`all(string.${choice('gmatch', 'gfind')}(${subjectAndPattern}))`,
  code`string.gsub(${subjectAndPattern}, ${replacement}${maybe(index)})`,
)

// --- string.format.

const flags = fc.oneof({ weight: 40, arbitrary: listOf(oneOf('-+ #0'), 0, 3, '') }, listOf(oneOf('-+ #0'), 5, 7, ''))
const width = fc.oneof({ weight: 40, arbitrary: choice('', '', '1', '5', '12', '20', '99', '0') }, choice('123'))
const precision = fc.oneof(
  { weight: 40, arbitrary: choice('', '', '.', '.0', '.1', '.2', '.3', '.10', '.14', '.17', '.20', '.99') },
  choice('.123', '.5.'),
)
const specification = (letter: Code): Code => code`%${flags}${width}${precision}${letter}`
const convertible: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(specification(oneOf('diuxXo')), number) },
  { weight: 6, arbitrary: fc.tuple(specification(oneOf('eEfgG')), number) },
  { weight: 1, arbitrary: fc.tuple(specification(fc.constant('c')), fc.oneof(fc.nat(300).map(String), number)) },
  { weight: 3, arbitrary: fc.tuple(specification(oneOf('ssq')), fc.oneof(string, number)) },
  { weight: 1, arbitrary: fc.tuple(specification(choice('%', 'y', 'l', 'a', 'p', '', '\0')), number) },
)
const format: Code = fc
  .tuple(
    fc.array(fc.tuple(choice('', '', 'a', '\0', '%%'), convertible), { minLength: 1, maxLength: 4 }),
    fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.constant(1)),
  )
  .map(([parts, missing]) => {
    const given = parts.map(([, [, value]]) => value).slice(0, parts.length - missing)
    return `string.format(${[quoted(parts.map(([before, [spec]]) => before + spec).join('')), ...given].join(', ')})`
  })

// --- Numbers from texts, parts of strings, lists.

const numeral: Code = fc
  .tuple(
    choice('', '', ' ', '\t\n', '-', '+', '0x', '-0X', ' -'),
    fc.oneof(
      fc
        .bigInt({ min: 0n, max: 2n ** 70n })
        .chain(value => fc.integer({ min: 2, max: 36 }).map(base => value.toString(base))),
      fc.double({ noNaN: true }).map(String),
      fc.tuple(fc.nat(), fc.nat()).map(([whole, rest]) => `${whole}.${rest}`),
      choice('nan', 'NaN(1)', 'inf', 'Infinity', '.5', '5.', '.', '1e', '1e5', '1e-400', '1p4', '.8p3', 'e', ''),
    ),
    choice('', '', '', '', ' ', '\v', 'z', '\0', '\0z', 'e1', '.'),
  )
  .map(([before, digits, after]) => quoted(before + digits + after))
const base = fc.oneof(choice('2', '8', '10', '16', '36', '37', '1'), fc.integer({ min: 2, max: 36 }).map(String), index)
const list: Code = fc.oneof(
  code`{${listOf(choice('1', '2', '"x"', '2.5'), 0, 5)}}`,
  choice('{1, {}}', '{1, nil, 3}', '"x"', 'nil'),
)
const parts: Code = fc.oneof(
  { weight: 4, arbitrary: code`tonumber(${numeral}${maybe(base)})` },
  { weight: 1, arbitrary: code`tonumber(${number}${maybe(base)})` },
  { weight: 2, arbitrary: code`string.sub(${string}, ${index}${maybe(index)})` },
  { weight: 2, arbitrary: code`string.byte(${string}${maybe(index, index)})` },
  { weight: 1, arbitrary: code`string.rep(${string}, ${smallIndex})` },
  { weight: 1, arbitrary: code`string.char(${listOf(fc.oneof(fc.nat(255).map(String), index), 0, 3)})` },
  { weight: 1, arbitrary: code`select(${fc.oneof(index, choice('"#"', '"#x"'))}, ${listOf(number, 1, 4)})` },
  { weight: 1, arbitrary: code`unpack(${list}, ${smallIndex}, ${smallIndex})` },
  {
    weight: 1,
    arbitrary: code`table.concat(${list}, ${choice('","', 'nil', '1', '{}')}, ${smallIndex}, ${smallIndex})`,
  },
  { weight: 1, arbitrary: code`(function(t) return table.remove(t, ${index}), #t, t[1], t[2] end)(${list})` },
)

// --- Sorting, and mathematics.

const order: Code = choice(
  ...['', '', ', nil', ', 5', ', rawequal', ', math.max', ', function(a, b) return a < b end'],
  ...[', function(a, b) return a > b end', ', function(a, b) return a <= b end', ', function() return true end'],
  ', (function(n) return function() n = n + 1 return n % 3 == 0 end end)(0)',
  ', (function(n) return function(a, b) n = n + 1 if n > 9 then error("enough", 0) end return b < a end end)(0)',
)
const sortable: Code = fc.oneof(
  code`{${listOf(choice('0', '1', '2', '3', '4', '5', '-0', '2.5'), 0, 15)}}`,
  code`{${listOf(choice('0', '1', '2', '0/0', '-(0/0)', '1/0', '-1/0'), 0, 12)}}`,
  code`{${listOf(text.map(quoted), 0, 12)}}`,
  code`{${listOf(choice('1', '"1"', '2', '"a"', 'true', '{}'), 0, 6)}}`,
)
const computed: Code = fc.oneof(
  { weight: 4, arbitrary: code`sort(${sortable}${order})` },
  {
    weight: 3,
    arbitrary: code`math.${choice('floor', 'ceil', 'abs', 'sqrt', 'frexp', 'modf', 'deg', 'rad')}(${number})`,
  },
  {
    weight: 1,
    arbitrary: code`math.${choice('asin', 'acos', 'log10', 'tanh')}(${choice('0', '2', '-2', '0/0', '{}', '1/0')})`,
  },
  { weight: 3, arbitrary: code`math.${choice('ldexp', 'fmod', 'max', 'min')}(${number}${maybe(index)})` },
  {
    weight: 1,
    arbitrary: code`math.${choice('pow', 'atan2')}(${choice('"x"', '{}', 'nil')}, ${choice('1', '"y"', '{}')})`,
  },
  {
    weight: 3,
    arbitrary: code`(function() math.randomseed(${number}) return math.random(${listOf(index, 0, 3)}), math.random(100) end)()`,
  },
)

describeDifferential('random scripts of strings and numbers', ({ servers }) => {
  test.each([
    { name: 'patterns', expression: search },
    { name: 'format', expression: format },
    { name: 'parts of strings and lists, numbers from texts', expression: parts },
    { name: 'sort and math', expression: computed },
  ])(
    '$name',
    async ({ expression }) => {
      const { krmt, redis } = servers()
      const [ours, theirs] = await Promise.all([krmt, redis].map(({ socketPath }) => connect({ path: socketPath })))
      const scripts = fc
        .array(expression, { minLength: 1, maxLength: 40, size: 'max' })
        .map(expressions => expressions.map(each => `try(function() return ${each} end),`).join('\n'))
      try {
        await fc.assert(
          fc.asyncProperty(scripts, async results => {
            const command = ['EVAL', `${PRELUDE}\nreturn {\n${results}\n}`, '0']
            const [our, their] = await Promise.all([ours!.send(...command), theirs!.send(...command)])
            expect(our).toEqual(their)
          }),
          { numRuns: SCRIPTS, ...SEED },
        )
      } finally {
        await Promise.all([ours!.close(), theirs!.close()])
      }
    },
    120_000 + SCRIPTS * 100,
  )
})
