import { type HostFunction, type Lua, toInteger32 } from '../lua.js'

/**
 * math.random and math.randomseed, as Redis has them: the same numbers after the same seed, on every machine.
 *
 * @param generator Redis has a single one for all scripts and functions, seeds it when it starts, always alike, and never again
 */
export function mathRandom(lua: Lua, generator: RandomGenerator): Readonly<Record<string, HostFunction>> {
  return {
    random(L) {
      const fraction = (generator.next() % MOST) / MOST
      switch (lua.top(L)) {
        case 0:
          lua.pushNumber(L, fraction)
          return 1
        case 1: {
          const upper = toInteger32(lua.checkNumber(L, 1))
          if (upper < 1) lua.argumentError(L, 1, 'interval is empty')
          lua.pushNumber(L, Math.floor(fraction * upper) + 1)
          return 1
        }
        case 2: {
          const lower = toInteger32(lua.checkNumber(L, 1))
          const upper = toInteger32(lua.checkNumber(L, 2))
          if (lower > upper) lua.argumentError(L, 2, 'interval is empty')
          // The number of integers is a C int, and overflows as one.
          lua.pushNumber(L, Math.floor(fraction * ((upper - lower + 1) | 0)) + lower)
          return 1
        }
        default:
          return lua.error(L, 'wrong number of arguments')
      }
    },

    randomseed(L) {
      generator.seed(toInteger32(lua.checkNumber(L, 1)))
      return 0
    },
  }
}

/**
 * The drand48 family's generator (rand.c in Redis): x = x * 0x5DEECE66D + 0xB modulo 2 ** 48, here in two halves of 24 bits, whose
 * products are exact as numbers. It begins where that family does without a seed.
 */
export class RandomGenerator {
  #high = 0x1234ab
  #low = 0xcd330e

  /** @param seed 32 bits, signed or not */
  seed(seed: number): void {
    this.#high = (seed >>> 8) & HALF
    this.#low = ((seed & 0xff) << 16) | 0x330e
  }

  /** The 31 topmost bits of the next number. */
  next(): number {
    const low = this.#low * FACTOR_LOW + 0xb
    const carry = Math.floor(low / 2 ** 24)
    const high = this.#high * FACTOR_LOW + this.#low * FACTOR_HIGH + carry
    this.#low = low - carry * 2 ** 24
    this.#high = high - Math.floor(high / 2 ** 24) * 2 ** 24
    return this.#high * 128 + (this.#low >>> 17)
  }
}

const HALF = 2 ** 24 - 1
const FACTOR_HIGH = 0x5de
const FACTOR_LOW = 0xece66d
/** The largest number that the generator gives, and the one that never comes out of math.random. */
const MOST = 2 ** 31 - 1
