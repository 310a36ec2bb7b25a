import type { HostFunction, Lua } from '../lua.js'
import { withIntegers } from './original.js'
import { sortFunction } from './table-sort.js'

/**
 * What Lua 5.1's table library needs other functions for: integers that are cut from 64 bits, and a sort that can be interrupted. Lua's own
 * library must be open.
 *
 * @param interrupt called after every 100,000 steps or so; throws when the script must end
 */
export function tableLibrary(lua: Lua, interrupt: (L: number) => void): Readonly<Record<string, HostFunction>> {
  return {
    concat: withIntegers(lua, 'table.concat', 3, 4),
    remove: withIntegers(lua, 'table.remove', 2),
    sort: sortFunction(lua, interrupt),
  }
}
