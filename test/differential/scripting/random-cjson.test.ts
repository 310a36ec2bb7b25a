import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describeDifferential } from '../../support/differential.js'
import { connect } from '../../support/resp-client.js'
import { lua } from '../../support/scripts.js'

const { KRMT_FUZZ_SCRIPTS, KRMT_FUZZ_SEED } = process.env

/** How many scripts each of the four tests runs; the environment asks for more. */
const SCRIPTS = Number(KRMT_FUZZ_SCRIPTS ?? 100)
/** The environment gives that of a failure, which is to be repeated. */
const SEED = KRMT_FUZZ_SEED === undefined ? {} : { seed: Number(KRMT_FUZZ_SEED) }

/**
 * `try` gives what a function returns as a text, or its error. Tables are shown with their length, and in the order of `next`; of a
 * NaN, only the sign.
 */
const PRELUDE = lua`
  local function show(v)
    if type(v) == 'string' then
      if #v > 1000 then return #v .. ' bytes, ' .. redis.sha1hex(v) end
      return "'" .. v .. "'"
    end
    if type(v) == 'number' then
      if v ~= v then return struct.pack('>d', v):byte() < 128 and 'nan' or '-nan' end
      return ('%.17g'):format(v)
    end
    if v == cjson.null then return 'null' end
    if type(v) ~= 'table' then return tostring(v) end
    local parts = {}
    for key, value in next, v do parts[#parts + 1] = show(key) .. '=' .. show(value) end
    return '{' .. #v .. ': ' .. table.concat(parts, ' ') .. '}'
  end
  local function shown(ok, ...)
    if not ok then return 'error: ' .. tostring((...)) end
    local parts = {select('#', ...) .. ' values'}
    for i = 1, select('#', ...) do parts[i + 1] = show((select(i, ...))) end
    return table.concat(parts, ', ')
  end
  local function try(f) return shown(pcall(f)) end
  local function nest(v, depth, wrap)
    for i = 1, depth do v = wrap(v) end
    return v
  end
  local function without(t, ...)
    for i = 1, select('#', ...) do t[(select(i, ...))] = nil end
    return t
  end
`

/** A text of Lua, one char a byte. */
type Code = fc.Arbitrary<string>

/** Writes a call, or whatever holds expressions: `code\`cjson.encode(${value})\``. */
function code(texts: TemplateStringsArray, ...parts: readonly Code[]): Code {
  return fc.tuple(...parts).map(values => String.raw({ raw: texts }, ...values))
}

function listOf(item: Code, minLength: number, maxLength: number, separator = ', '): Code {
  return fc.array(item, { minLength, maxLength }).map(items => items.join(separator))
}

function choice(...texts: readonly string[]): Code {
  return fc.constantFrom(...texts)
}

/** A string of bytes as Lua's source. */
function quoted(text: string): string {
  return `"${text.replace(/[^ !#-[\]-~]/g, char => `\\${String(char.charCodeAt(0)).padStart(3, '0')}`)}"`
}

const bytes: Code = fc.uint8Array({ maxLength: 12 }).map(given => Buffer.from(given).latin1Slice())
const word: Code = fc.oneof(fc.stringMatching(/^[a-z]{0,3}$/), fc.stringMatching(/^[\x20-\x7f]{0,45}$/), bytes)
const string: Code = fc.oneof(
  { weight: 8, arbitrary: word.map(quoted) },
  { weight: 1, arbitrary: code`(${word.map(quoted)}):rep(${choice('10', '33', '500')})` },
)

/** Numbers as both Lua and JSON write them. */
const numeral: Code = fc.oneof(
  fc.integer({ min: -50, max: 50 }).map(String),
  fc.integer().map(String),
  fc.maxSafeInteger().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  // Decimals, and what lies half-way between two of 14 digits.
  fc.tuple(fc.integer(), fc.integer({ min: -20, max: 20 })).map(([units, exponent]) => `${units}e${exponent}`),
  fc.tuple(fc.integer(), fc.nat({ max: 999_999 })).map(([whole, fraction]) => `${whole}.${fraction}`),
  fc.tuple(fc.nat(), fc.integer({ min: 0, max: 45 })).map(([units, bits]) => String((2 * units + 1) / 2 ** bits)),
  fc.tuple(fc.nat({ max: 1e13 }), fc.integer({ min: 0, max: 6 })).map(([units, zeros]) => `${units}${5 * 10 ** zeros}`),
  choice('0', '-0', '1e14', '99999999999999', '99999999999999.5', '0.0001', '0.00001', '1e300', '5e-324'),
)
const scalar: Code = fc.oneof(
  { weight: 4, arbitrary: numeral },
  { weight: 4, arbitrary: string },
  { weight: 2, arbitrary: choice('true', 'false', 'nil', 'cjson.null') },
  { weight: 1, arbitrary: choice('1/0', '-1/0', '0/0', 'next', 'coroutine.create(try)', 'math.pi', '1/3') },
)

// No larger ones of which arrays could be made: redis-server would write them all.
const index = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 20 }).map(String) },
  { weight: 1, arbitrary: choice('0', '-1', '1.5', '1000', '2^31', '2^32 + 1', '2^53', '1e15', '1/0', '-1/0') },
)

/** What has been removed from tables leaves holes in their memory. */
const { value, table } = fc.letrec<{ value: string; entry: string; table: string }>(tie => ({
  entry: fc.oneof(
    { weight: 2, arbitrary: code`[${index}] = ${tie('value')}` },
    { weight: 4, arbitrary: code`[${string}] = ${tie('value')}` },
    { weight: 2, arbitrary: tie('value') },
    { weight: 1, arbitrary: code`[${numeral.filter(text => Math.abs(Number(text)) < 1000)}] = ${tie('value')}` },
  ),
  table: fc.oneof(
    { weight: 3, arbitrary: code`{${listOf(tie('value'), 0, 20)}}` },
    { weight: 3, arbitrary: code`{${listOf(code`[${string}] = ${tie('value')}`, 0, 20)}}` },
    { weight: 3, arbitrary: code`{${listOf(code`[${index}] = ${tie('value')}`, 0, 20)}}` },
    { weight: 2, arbitrary: code`{${listOf(tie('entry'), 0, 20)}}` },
    {
      weight: 1,
      arbitrary: code`without({${listOf(tie('entry'), 0, 10)}}, ${listOf(fc.oneof(index, string), 1, 5)})`,
    },
    { weight: 1, arbitrary: code`setmetatable({${tie('value')}}, {__index = {1, 2, 3}})` },
    { weight: 1, arbitrary: code`{[${choice('true', 'next', 'cjson.null')}] = ${tie('value')}}` },
  ),
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 3, arbitrary: scalar },
    { weight: 2, arbitrary: tie('table') },
  ),
}))
const wrap = choice('{v}', '{k = v}', '{1, v}', '{[2] = v}', '{{a = v}}', '{v, [4] = v and 1}')
const nested: Code = code`nest(${value}, ${choice('5', '20', '500', '996', '999', '1000', '1001')}, function(v) return ${wrap} end)`
const cyclic: Code = code`(function() local v = {${value}} v[${choice('2', '"v"')}] = ${wrap} v[3] = v return v end)()`
const encodable: Code = fc.oneof(
  { weight: 4, arbitrary: table },
  { weight: 4, arbitrary: value },
  { weight: 1, arbitrary: nested },
  { weight: 1, arbitrary: cyclic },
)

const space: Code = fc.oneof(
  { weight: 8, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: choice(' ', '\n', '\t', '\r\n', '  ') },
)
const escaped: Code = fc.oneof(
  choice('\\n', '\\t', '\\r', '\\b', '\\f', '\\/', '\\\\', '\\"', '\\u0000', '\\u00e9', '\\u20AC', '\\uD83D\\uDE00'),
  fc.integer({ min: 0, max: 0xffff }).map(unit => `\\u${unit.toString(16).padStart(4, '0')}`),
)
/** What may stand in a string of JSON as it is. */
const plain = (text: string): string => text.replace(/["\\\0]/g, '-')
const jsonString: Code = fc.oneof(
  word.map(text => `"${plain(text)}"`),
  code`"${listOf(fc.oneof(escaped, word.map(plain)), 0, 6, '')}"`,
)
const otherNumber = choice(
  ...['nan', '-nan', 'NaN(1)', 'inf', '-Infinity', '+1', '01', '-007', '0x1F', '-0x.8p3', '0x1.8', '1.', '-.5'],
  ...['1E5', '1e-7', '1e400', '-1e-400', '123456789012345678901234567890', '0.1000000000000000055511151231257827'],
)
/** A text of JSON, whose strings are given. */
const jsonOf = (piece: Code): Code => {
  const { padded, table } = fc.letrec<{ value: string; padded: string; table: string }>(tie => ({
    padded: code`${space}${tie('value')}${space}`,
    table: fc.oneof(
      code`[${listOf(tie('padded'), 0, 10, ',')}]`,
      code`{${listOf(code`${space}${piece}${space}:${tie('padded')}`, 0, 10, ',')}}`,
      choice('[ ]', '{ }'),
    ),
    value: fc.oneof(
      { maxDepth: 5, depthSize: 'medium', withCrossShrink: true },
      { weight: 3, arbitrary: numeral },
      { weight: 3, arbitrary: piece },
      { weight: 2, arbitrary: choice('true', 'false', 'null') },
      { weight: 1, arbitrary: otherNumber },
      { weight: 4, arbitrary: tie('table') },
    ),
  }))
  return fc.oneof({ weight: 1, arbitrary: padded }, { weight: 3, arbitrary: table })
}
const json = jsonOf(jsonString)
const brokenString: Code = code`"${listOf(
  fc.oneof(
    { weight: 4, arbitrary: fc.oneof(escaped, word.map(plain)) },
    {
      weight: 1,
      arbitrary: choice(
        ...['\\q', '\\u', '\\u12', '\\u12g4', '\\ud83d', '\\ud83d\\n', '\\ud83d\\u0041'],
        ...['\\ude00', '\\', '\0'],
      ),
    },
  ),
  0,
  4,
  '',
)}"`

/** A place in a text, how many bytes are taken away there, and what is put in. */
const edit = fc.tuple(
  fc.noBias(fc.double({ min: 0, max: 1, noNaN: true })),
  fc.oneof({ weight: 5, arbitrary: fc.constantFrom(0, 1) }, { weight: 1, arbitrary: fc.constantFrom(5, 1e6) }),
  fc.oneof(
    { weight: 1, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: bytes },
    {
      weight: 4,
      arbitrary: choice(
        ...['"', '\\', '\\u', '\\ud83d', '{', '}', '[', ']', ',', ':', '\0', '-', '+', '.', 'e', 'x', '0', '1', ' '],
        ...['nan', 'inf', 'null', 'tru', 'false', '{"a":', '[[', '"a"', '\xff', '\v', 'n', 'i', '0x', '""'],
      ),
    },
  ),
)
const broken: Code = fc
  .tuple(fc.oneof(json, jsonOf(brokenString)), fc.array(edit, { maxLength: 3 }))
  .map(([text, edits]) => {
    let result = text
    for (const [place, length, inserted] of edits) {
      const at = Math.floor(place * result.length)
      result = result.slice(0, at) + inserted + result.slice(at + length)
    }
    return result
  })
const deep: Code = fc
  .tuple(choice('[', '{"a":', '[[', '[1,', ' [ ', '{"a":['), choice('500', '999', '1000', '1001', '2000'), json)
  .map(([opening, count, text]) => `(${quoted(opening)}):rep(${count}) .. ${quoted(text)}`)
const text: Code = fc.oneof(
  { weight: 10, arbitrary: json.map(quoted) },
  { weight: 10, arbitrary: broken.map(quoted) },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: fc.oneof(scalar, bytes.map(quoted)) },
)

const setting: Code = fc.oneof(
  { weight: 3, arbitrary: choice('true', 'false', 'nil', '"on"', '"off"', '"null"') },
  { weight: 3, arbitrary: fc.integer({ min: -1, max: 16 }).map(String) },
  { weight: 1, arbitrary: fc.oneof(choice('2^31 - 1', '2^31', '2^32 + 2', '-2^63', '"3"', '{}', '1.9'), scalar) },
)
const configure: Code = fc.oneof(
  { weight: 3, arbitrary: code`c.encode_sparse_array(${choice('true', 'false', 'nil')}, ${setting}, ${setting})` },
  {
    weight: 6,
    arbitrary: code`c.${choice('encode_max_depth', 'decode_max_depth', 'encode_number_precision')}(${setting})`,
  },
  {
    weight: 6,
    arbitrary: code`c.${choice('encode_invalid_numbers', 'decode_invalid_numbers', 'encode_keep_buffer')}(${setting})`,
  },
  {
    weight: 1,
    arbitrary: code`c.${choice(
      ...['encode_sparse_array', 'encode_max_depth', 'decode_max_depth', 'encode_number_precision'],
      ...['encode_keep_buffer', 'encode_invalid_numbers', 'decode_invalid_numbers', 'encode', 'decode'],
    )}(${listOf(fc.oneof(setting, value), 0, 4)})`,
  },
)

describeDifferential('random scripts of cjson', ({ servers }) => {
  test.each([
    { name: 'encode', expression: code`cjson.encode(${encodable})` },
    { name: 'decode', expression: code`cjson.decode(${text})` },
    { name: 'encode what was decoded', expression: code`cjson.encode(cjson.decode(${json.map(quoted)}))` },
    {
      name: 'settings',
      expression: fc.oneof(
        { weight: 3, arbitrary: configure },
        { weight: 3, arbitrary: code`c.encode(${encodable})` },
        { weight: 2, arbitrary: code`c.decode(${text})` },
      ),
    },
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
            const command = ['EVAL', `${PRELUDE}\nlocal c = cjson.new()\nreturn {\n${results}\n}`, '0']
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
