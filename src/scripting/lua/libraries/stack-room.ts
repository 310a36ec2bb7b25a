import type { Lua } from '../lua.js'

/** Values that a C function may have on its stack, of Lua's own (LUAI_MAXCSTACK). */
export const STACK_LIMIT = 8000

/**
 * Room on the stack of a function that pushes values without end, with few calls of Lua. The function says how many values
 * Redis's would have on its stack, which may be more than it has itself, so that both end at the same one.
 */
export class StackRoom {
  #room = 0
  readonly #lua: Lua

  constructor(lua: Lua) {
    this.#lua = lua
  }

  /** At the beginning of a host function, with its arguments on the stack. Gives their number. */
  begin(L: number): number {
    const top = this.#lua.top(L)
    this.#room = top + GUARANTEED
    return top
  }

  /**
   * Sees to it that so many values can be pushed onto `depth` values.
   *
   * @throws Lua error `stack overflow (message)` as luaL_checkstack
   */
  check(L: number, depth: number, slots: number, message: string): void {
    if (depth + slots > this.#room) this.#extend(L, depth, slots, message)
  }

  #extend(L: number, depth: number, slots: number, message: string): void {
    if (depth + slots > STACK_LIMIT) this.#lua.error(L, `stack overflow (${message})`)
    const room = Math.min(STACK_LIMIT, Math.max(depth + slots, 2 * depth))
    this.#lua.checkStack(L, room - depth, message)
    this.#room = room
  }
}

/** What every C function has (LUA_MINSTACK). */
const GUARANTEED = 20
