import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quoteArg } from '../../../src/bytes/split-args.js'
import { describeDifferential } from '../../support/differential.js'
import { connect } from '../../support/resp-client.js'
import { lua } from '../../support/scripts.js'

const { KRMT_FUZZ_SCRIPTS } = process.env

/** How many scripts each of the four tests runs; the environment asks for more. */
const SCRIPTS = Number(KRMT_FUZZ_SCRIPTS ?? 100)

/**
 * `try` gives what a function returns as a text, or its error. Numbers are shown by their bits, which tell NaNs apart; tables
 * with their length and in the order of `next`, unless pointers decide it.
 */
const PRELUDE = lua`
  local function hex(s)
    if #s > 1000 then return #s .. ' bytes, ' .. redis.sha1hex(s) end
    return (s:gsub('.', function(c) return ('%02x'):format(c:byte()) end))
  end
  local function show(v, depth)
    if type(v) == 'number' then return hex(struct.pack('>d', v)) end
    if type(v) == 'string' then return '"' .. hex(v) .. '"' end
    if type(v) == 'nil' or type(v) == 'boolean' then return tostring(v) end
    if type(v) ~= 'table' then return type(v) end
    if depth == 20 then return 'deep' end
    local parts, pointers = {}, false
    for key, value in next, v do
      parts[#parts + 1] = show(key, depth + 1) .. '=' .. show(value, depth + 1)
      if type(key) == 'table' then pointers = true end
    end
    if pointers then table.sort(parts) end
    return '{' .. #v .. ': ' .. table.concat(parts, ' ') .. '}'
  end
  local function shown(ok, ...)
    if not ok then return 'error: ' .. tostring((...)) end
    local parts = {select('#', ...) .. ' values'}
    for i = 1, math.min(30, select('#', ...)) do parts[i + 1] = show((select(i, ...)), 0) end
    return table.concat(parts, ', ')
  end
  local function try(f) return shown(pcall(f)) end
  local function nest(v, depth, wrap)
    for i = 1, depth do v = wrap(v) end
    return v
  end
  local function each(s)
    local parts, at = {}, 0
    repeat
      local value
      at, value = cmsgpack.unpack_one(s, at)
      parts[#parts + 1] = show(value, 0) .. '@' .. at
    until at == -1 or #parts == 20
    return table.concat(parts, ' ')
  end
`

/** An expression in Lua. */
type Code = fc.Arbitrary<string>

/** Writes a call, or whatever holds expressions: `code\`bit.bnot(${number})\``. */
function code(texts: TemplateStringsArray, ...parts: readonly Code[]): Code {
  return fc.tuple(...parts).map(values => String.raw({ raw: texts }, ...values))
}

function listOf(item: Code, minLength: number, maxLength: number): Code {
  return fc.array(item, { minLength, maxLength }).map(items => items.join(', '))
}

const quoted = (bytes: Uint8Array): string =>
  `"${Array.from(bytes, byte => `\\${String(byte).padStart(3, '0')}`).join('')}"`

function literal(value: number): string {
  if (Number.isNaN(value)) return '(0/0)'
  if (!Number.isFinite(value)) return value < 0 ? '(-1/0)' : '(1/0)'
  return value < 0 || Object.is(value, -0) ? `(${value === 0 ? '-0' : value})` : String(value)
}

/** Numbers, most of them near the ends of the integers of some width. */
const number: Code = fc
  .oneof(
    fc.integer({ min: -300, max: 300 }),
    fc
      .tuple(fc.integer({ min: 5, max: 66 }), fc.constantFrom(-2, -1, -0.5, 0, 0.5, 1, 1.5, 2), fc.boolean())
      .map(([power, more, negative]) => (negative ? -(2 ** power) - more : 2 ** power + more)),
    fc.integer(),
    fc.float(),
    fc.double(),
    fc.constantFrom(-0, 0.5, 1.5, 2.5, -0.5, -1.5, 2 ** 53 + 2, -(2 ** 63) - 2048, 2 ** 64 - 2048, 1e300, -1e-300),
  )
  .map(literal)
const nan = fc.constantFrom('(0/0)', '(-(0/0))', '(1/0 - 1/0)')
const short: Code = fc.uint8Array({ maxLength: 12 }).map(quoted)
const bytes: Code = fc.oneof(
  { weight: 6, arbitrary: short },
  fc
    .tuple(fc.constantFrom(31, 32, 33, 255, 256, 257, 65535, 65536), fc.constantFrom('a', '\\000'))
    .map(([count, char]) => `("${char}"):rep(${count})`),
)
const numeral = fc.constantFrom('"10"', '" 7 "', '"0x1f"', '"1e3"', '"-1.5"', '""', '"x"', '"12 x"', '"nan"', '"inf"')
const other = fc.constantFrom('nil', 'true', 'false', '{}', 'next', 'coroutine.create(try)')
const scalar: Code = fc.oneof(
  { weight: 4, arbitrary: number },
  { weight: 3, arbitrary: bytes },
  { weight: 2, arbitrary: fc.constantFrom('nil', 'true', 'false') },
  nan,
  numeral,
)

/** Values to be packed. Tables with pointers as keys have no other entry, since the order would not be the same. */
const value: Code = fc.letrec<{ value: string; entry: string }>(tie => ({
  entry: fc.oneof(
    code`[${fc.integer({ min: -3, max: 12 }).map(String)}] = ${tie('value')}`,
    code`[${fc.oneof(number, bytes, fc.boolean().map(String))}] = ${tie('value')}`,
    code`${fc.stringMatching(/^[a-z]{1,8}_$/)} = ${tie('value')}`,
    tie('value'),
  ),
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 5, arbitrary: scalar },
    { weight: 1, arbitrary: fc.constantFrom('next', 'coroutine.create(try)', '{}') },
    { weight: 2, arbitrary: code`{${listOf(tie('value'), 0, 20)}}` },
    { weight: 2, arbitrary: code`{${listOf(tie('entry'), 0, 20)}}` },
    { weight: 1, arbitrary: code`{[${fc.constantFrom('{}', '{1}', 'next')}] = ${tie('value')}}` },
  ),
})).value

const deep: Code = code`nest(${value}, ${fc.integer({ min: 10, max: 20 }).map(String)}, function(v) return ${fc.constantFrom(
  '{v}',
  '{k = v}',
  '{[v] = true}',
  '{[2] = v}',
  '{1, v}',
)} end)`
const long: Code = code`(function()
  local t = {}
  for i = 1, ${fc.constantFrom('15', '16', '17', '65535', '65536')} do t[${fc.constantFrom('i', '-i', 'i + 1', '"k" .. i')}] = i end
  return t
end)()`

const packing = fc.oneof(
  { weight: 8, arbitrary: code`cmsgpack.pack(${listOf(value, 1, 4)})` },
  { weight: 8, arbitrary: code`cmsgpack.unpack(cmsgpack.pack(${listOf(value, 1, 4)}))` },
  { weight: 2, arbitrary: code`cmsgpack.pack(${deep})` },
  { weight: 1, arbitrary: code`cmsgpack.pack(${long})` },
  {
    weight: 1,
    arbitrary: code`#cmsgpack.pack(unpack({${value}, ${value}}, 1, ${fc.constantFrom('100', '3990', '3999', '4000', '4001')}))`,
  },
  // Pieces that share tables, and that contain themselves.
  {
    weight: 1,
    arbitrary: code`(function() local t = {${value}} t[2] = t return cmsgpack.pack(t) end)()`,
  },
)

const bigEndian = (count: number, size: number): number[] =>
  Array.from({ length: size }, (_, i) => Math.floor(count / 256 ** (size - 1 - i)) & 0xff)

const header = fc
  .tuple(fc.constantFrom(0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf), fc.integer({ min: 0, max: 5 }), fc.integer())
  .map(([type, count, hostile]): number[] => {
    const size = type === 0xd9 ? 1 : type % 2 === 0 ? 2 : 4
    return [type, ...bigEndian(hostile % 10 === 0 ? hostile >>> 0 : count, size)]
  })
/** Bytes that are MessagePack, or almost. */
const packed: fc.Arbitrary<number[]> = fc.letrec<{ item: number[] }>(tie => ({
  item: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 255 }).map((byte): number[] => [byte]) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(
          fc.constantFrom(0xc0, 0xc2, 0xc3, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3),
          fc.uint8Array({ minLength: 8, maxLength: 8 }),
        )
        .map(([type, more]): number[] => [
          type,
          ...more.slice(0, type === 0xca ? 4 : type === 0xcb ? 8 : type < 0xc4 ? 0 : 2 ** (type & 3)),
        ]),
    },
    { weight: 1, arbitrary: header },
    {
      weight: 2,
      arbitrary: fc.uint8Array({ maxLength: 31 }).map((text): number[] => [0xa0 | text.length, ...text]),
    },
    {
      weight: 3,
      arbitrary: fc
        .array(tie('item'), { maxLength: 6 })
        .chain(items =>
          fc.constantFrom<number[]>(
            [0x90 | items.length, ...items.flat()],
            [0xdc, ...bigEndian(items.length, 2), ...items.flat()],
            [0x80 | (items.length >> 1), ...items.slice(items.length & 1).flat()],
            [0xdf, ...bigEndian(items.length >> 1, 4), ...items.slice(items.length & 1).flat()],
          ),
        ),
    },
  ),
})).item
const input: Code = fc.oneof(
  { weight: 8, arbitrary: fc.array(packed, { maxLength: 5 }).map(items => quoted(Uint8Array.from(items.flat()))) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }).map(quoted) },
  // Deep, or many.
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          [0x91],
          [0x81],
          [0x81, 1],
          [0x91, 0x81],
          [0xdc, 0, 1],
          [0xdd, 255, 255, 255, 255],
          [1],
          [0xc0],
          [0x92, 1],
        ),
        fc.constantFrom(10, 100, 2000, 3995, 3999, 4000, 7990, 7998, 7999, 8000, 9000),
        fc.oneof(packed, fc.constant([0x90]), fc.constant([0x80])),
      )
      .map(
        ([piece, count, end]) => `(${quoted(Uint8Array.from(piece))}):rep(${count}) .. ${quoted(Uint8Array.from(end))}`,
      ),
  },
  { weight: 1, arbitrary: fc.oneof(numeral, number, other) },
)
const small: Code = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -2, max: 12 }).map(String) },
  { weight: 1, arbitrary: number },
  { weight: 1, arbitrary: fc.oneof(numeral, other) },
)

const unpacking = fc.oneof(
  { weight: 6, arbitrary: code`cmsgpack.unpack(${input})` },
  { weight: 3, arbitrary: code`cmsgpack.unpack_one(${input}, ${small})` },
  { weight: 1, arbitrary: code`cmsgpack.unpack_one(${input})` },
  { weight: 3, arbitrary: code`cmsgpack.unpack_limit(${input}, ${small}, ${small})` },
  { weight: 1, arbitrary: code`cmsgpack.unpack_limit(${input}, ${small})` },
  { weight: 2, arbitrary: code`each(${input})` },
  {
    weight: 1,
    arbitrary: code`${fc.constantFrom('cmsgpack.unpack', 'cmsgpack.unpack_one', 'cmsgpack.unpack_limit')}(${listOf(fc.oneof(input, small), 0, 4)})`,
  },
)

/** An option of a format, and the arguments that it takes. */
const option: fc.Arbitrary<[format: string, argument: string]> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom('b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I'), fc.oneof(number, nan, numeral)),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(
      fc.tuple(fc.constantFrom('i', 'I'), fc.integer({ min: 0, max: 34 })).map(parts => parts.join('')),
      number,
    ),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('f', 'd'), fc.oneof(number, nan)) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('s', 'c0', 'c', 'c3'), fc.oneof(bytes, number)) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('bc0', 'Hc0', 'dc0', 'c1c0'), code`${number}, ${bytes}`) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<[string, string]>(
      ['>', ''],
      ['<', ''],
      [' ', ''],
      ['x', ''],
      ['!', ''],
      ['!4', ''],
      ['!2', ''],
      ['!1', ''],
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom(
        '=',
        'z',
        '5',
        '!3',
        '!0',
        'c2147483647',
        'c2147483648',
        'i99999999999',
        '\\000',
        '\\200',
        '!1073741824',
        'c00',
        'i008',
      ),
      fc.oneof(fc.constant(''), scalar),
    ),
  },
)
const record = fc.array(option, { maxLength: 8 }).map(options => ({
  format: `"${options.map(([format]) => format).join('')}"`,
  values: options.map(([, argument]) => argument).filter(argument => argument !== ''),
}))
const data: Code = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map(quoted),
  fc.uint8Array({ minLength: 20, maxLength: 60 }).map(given => `${quoted(given)} .. ("\\003"):rep(300)`),
)
const format = record.map(given => given.format)

const structures = fc.oneof(
  { weight: 4, arbitrary: record.map(given => `struct.pack(${[given.format, ...given.values].join(', ')})`) },
  {
    weight: 4,
    arbitrary: record.map(
      given => `struct.unpack(${given.format}, struct.pack(${[given.format, ...given.values].join(', ')}))`,
    ),
  },
  { weight: 1, arbitrary: code`struct.pack(${format}, ${listOf(fc.oneof(scalar, other), 1, 4)})` },
  { weight: 1, arbitrary: code`struct.size(${format})` },
  { weight: 3, arbitrary: code`struct.unpack(${format}, ${data})` },
  { weight: 2, arbitrary: code`struct.unpack(${format}, ${data}, ${small})` },
  {
    weight: 1,
    arbitrary: code`struct.unpack((${fc.constantFrom('"b"', '"x"', '"bc0"', '"s"', '" "')}):rep(${fc.constantFrom('100', '3999', '7996', '7997', '7998', '7999')}), ("\\001"):rep(9000))`,
  },
  {
    weight: 1,
    arbitrary: code`${fc.constantFrom('struct.pack', 'struct.unpack', 'struct.size')}(${listOf(fc.oneof(format, scalar, other), 0, 4)})`,
  },
)

const bits: Code = fc.oneof(
  { weight: 20, arbitrary: number },
  { weight: 2, arbitrary: numeral },
  { weight: 1, arbitrary: nan },
  { weight: 1, arbitrary: other },
  // NaNs with bits of their own.
  {
    weight: 1,
    arbitrary: code`(struct.unpack("<d", ${fc.uint8Array({ minLength: 6, maxLength: 6 }).map(quoted)} .. "\\248\\127"))`,
  },
)
const bitwise = fc.oneof(
  code`bit.${fc.constantFrom('tobit', 'bnot', 'bswap', 'tohex')}(${bits})`,
  code`bit.${fc.constantFrom('lshift', 'rshift', 'arshift', 'rol', 'ror', 'tohex')}(${bits}, ${fc.oneof(small, bits)})`,
  code`bit.${fc.constantFrom('band', 'bor', 'bxor')}(${listOf(bits, 1, 5)})`,
  code`bit.${fc.constantFrom('tobit', 'bnot', 'bswap', 'tohex', 'lshift', 'rol', 'band', 'bxor')}(${listOf(bits, 0, 3)})`,
)

describeDifferential('binary libraries', ({ servers, session }) => {
  for (const library of ['bit', 'struct', 'cmsgpack']) {
    const source = lua`
      local found = {}
      for name, value in pairs(${library}) do
        found[#found + 1] = name .. ' = ' .. (type(value) == 'string' and value or type(value))
      end
      return found
    `
    session(`what is in ${library}, in the order of pairs`, `EVAL ${quoteArg(source)} 0`)
  }

  test.each([
    { name: 'cmsgpack.pack', expression: packing },
    { name: 'cmsgpack.unpack', expression: unpacking },
    { name: 'struct', expression: structures },
    { name: 'bit', expression: bitwise },
  ])(
    'random calls of $name',
    async ({ expression }) => {
      const { krmt, redis } = servers()
      const [ours, theirs] = await Promise.all([krmt, redis].map(({ socketPath }) => connect({ path: socketPath })))
      const scripts = fc
        .array(expression, { minLength: 1, maxLength: 10, size: 'max' })
        .map(expressions => `return {\n${expressions.map(text => `try(function() return ${text} end),`).join('\n')}\n}`)
      try {
        await fc.assert(
          fc.asyncProperty(scripts, async script => {
            const command = ['EVAL', `${PRELUDE}\n${script}`, '0']
            const [our, their] = await Promise.all([ours!.send(...command), theirs!.send(...command)])
            expect(our).toEqual(their)
          }),
          { numRuns: SCRIPTS },
        )
      } finally {
        await Promise.all([ours!.close(), theirs!.close()])
      }
    },
    60_000 + 100 * SCRIPTS,
  )
})
