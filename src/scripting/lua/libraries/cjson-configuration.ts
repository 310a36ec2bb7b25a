import { type HostFunction, type Lua, LuaType, toInteger32 } from '../lua.js'

/**
 * Settings of one `cjson.new()`. They are words in Lua's memory, in a userdata that the functions of the table share as their
 * first upvalue: so they live as long as one of these functions. The place of each word:
 */
export const Setting = {
  /** Whether excessively sparse arrays are written as objects. */
  sparseConvert: 0,
  /** Items may be so many times fewer than the largest index; 0 for no limit. */
  sparseRatio: 1,
  /** Largest index of an array that is never excessively sparse. */
  sparseSafe: 2,
  encodeMaxDepth: 3,
  decodeMaxDepth: 4,
  /** Significant digits. */
  numberPrecision: 5,
  /** Kept for the answer only: memory is managed in another way here. */
  keepBuffer: 6,
  /** `InvalidNumbers` */
  encodeInvalidNumbers: 7,
  /** Whether such numbers, and other forms that are not JSON's, are read. */
  decodeInvalidNumbers: 8,
} as const

/** What happens to NaN and infinity. */
export const InvalidNumbers = { refused: 0, written: 1, null: 2 } as const

const DEFAULTS: Readonly<Record<keyof typeof Setting, number>> = {
  sparseConvert: 0,
  sparseRatio: 2,
  sparseSafe: 10,
  encodeMaxDepth: 1000,
  decodeMaxDepth: 1000,
  numberPrecision: 14,
  keepBuffer: 1,
  encodeInvalidNumbers: InvalidNumbers.refused,
  decodeInvalidNumbers: 1,
}

const SIZE = 4 * Object.keys(Setting).length

/** The settings of all libraries in a Lua: those of functions without an upvalue, and any number of others. */
export class Configurations {
  readonly #lua: Lua
  readonly #first: number

  /** @throws Error when there is no memory for it */
  constructor(lua: Lua) {
    this.#lua = lua
    this.#first = lua.c.malloc(SIZE)
    if (this.#first === 0) throw new Error('no memory for Lua')
    this.#reset(this.#first)
  }

  /** Those of the host function that runs, as an index of `u32`, to which a Setting is to be added. */
  of(L: number): number {
    const { c } = this.#lua
    return (c.lua_topointer(L, this.#lua.upvalue(1)) || this.#first) >> 2
  }

  /** Pushes a userdata with settings of its own. */
  push(L: number): void {
    this.#reset(this.#lua.c.lua_newuserdata(L, SIZE))
  }

  #reset(address: number): void {
    for (const name of Object.keys(Setting) as (keyof typeof Setting)[]) {
      this.#lua.u32[(address >> 2) + Setting[name]] = DEFAULTS[name]
    }
  }
}

/** The functions that change settings and answer with them. Without an argument, or with nil, they answer only. */
export function configurationFunctions(
  lua: Lua,
  configurations: Configurations,
): Readonly<Record<ConfigurationFunction, HostFunction>> {
  const begin = (L: number, count: number): number => {
    if (lua.top(L) > count) lua.argumentError(L, count + 1, 'found too many arguments')
    return configurations.of(L)
  }

  /** Each pushes its answer, so the arguments that are still to come must be where they are: nil where there was none. */
  const integer = (L: number, argument: number, word: number, least: number, most: number): void => {
    if (lua.type(L, argument) !== LuaType.nil) {
      const value = toInteger32(lua.checkNumber(L, argument))
      // Whichever argument it is, cjson says that it is the first.
      if (value < least || value > most) lua.argumentError(L, 1, `expected integer between ${least} and ${most}`)
      lua.u32[word] = value
    }
    lua.pushNumber(L, lua.u32[word]!)
  }

  const choice = (L: number, argument: number, word: number, options: readonly string[]): void => {
    const type = lua.type(L, argument)
    if (type === LuaType.boolean) lua.u32[word] = lua.booleanAt(lua.address(L, argument)) ? 1 : 0
    else if (type !== LuaType.nil) lua.u32[word] = option(lua, L, argument, options)
    const value = lua.u32[word]!
    if (value <= 1) lua.pushBoolean(L, value === 1)
    else lua.pushString(L, options[value]!)
  }

  const one =
    (setting: number, answer: (L: number, word: number) => void): HostFunction =>
    L => {
      const word = begin(L, 1) + setting
      lua.c.lua_settop(L, 1)
      answer(L, word)
      return 1
    }

  const depth = (L: number, word: number): void => integer(L, 1, word, 1, INT_MAX)
  const onOrOff = (L: number, word: number): void => choice(L, 1, word, ['off', 'on'])

  return {
    encode_sparse_array: L => {
      const words = begin(L, 3)
      lua.c.lua_settop(L, 3)
      choice(L, 1, words + Setting.sparseConvert, ['off', 'on'])
      integer(L, 2, words + Setting.sparseRatio, 0, INT_MAX)
      integer(L, 3, words + Setting.sparseSafe, 0, INT_MAX)
      return 3
    },
    encode_max_depth: one(Setting.encodeMaxDepth, depth),
    decode_max_depth: one(Setting.decodeMaxDepth, depth),
    encode_number_precision: one(Setting.numberPrecision, (L, word) => integer(L, 1, word, 1, 14)),
    encode_keep_buffer: one(Setting.keepBuffer, onOrOff),
    encode_invalid_numbers: one(Setting.encodeInvalidNumbers, (L, word) => choice(L, 1, word, ['off', 'on', 'null'])),
    decode_invalid_numbers: one(Setting.decodeInvalidNumbers, onOrOff),
  }
}

type ConfigurationFunction =
  | 'encode_sparse_array'
  | 'encode_max_depth'
  | 'decode_max_depth'
  | 'encode_number_precision'
  | 'encode_keep_buffer'
  | 'encode_invalid_numbers'
  | 'decode_invalid_numbers'

const INT_MAX = 2 ** 31 - 1

/** As luaL_checkoption: which of the options an argument is, compared as C strings. */
function option(lua: Lua, L: number, argument: number, options: readonly string[]): number {
  const text = lua.checkString(L, argument)
  const nul = text.indexOf('\0')
  const name = nul < 0 ? text : text.slice(0, nul)
  const found = options.indexOf(name)
  if (found >= 0) return found
  // The message may be longer than those that argumentError takes, so it is a Lua string, which ends with a NUL as well.
  lua.pushString(L, `invalid option '${name}'`)
  lua.c.luaL_argerror(L, argument, lua.stringStartAt(lua.address(L, -1)))
  throw new Error('luaL_argerror returned')
}
