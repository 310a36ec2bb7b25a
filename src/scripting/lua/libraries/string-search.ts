import { type HostFunction, type Lua, LuaType, typeNames } from '../lua.js'
import { Output } from './output.js'
import { PatternMatcher } from './string-pattern.js'
import { PlainFinder } from './string-plain.js'

/**
 * Lua 5.1's functions with patterns: find, match, gmatch, gsub, and gfind, the old name of gmatch. They give the errors that its own C
 * functions give, and take indices of 64 bits.
 *
 * @param interrupt called after every 100,000 steps or so; throws when the script must end
 */
export function searchFunctions(lua: Lua, interrupt: (L: number) => void): Readonly<Record<string, HostFunction>> {
  const { c } = lua
  const matcher = new PatternMatcher(lua, interrupt)
  const finder = new PlainFinder(lua, (L, steps) => matcher.count(L, steps))

  const search = (L: number, isFind: boolean): number => {
    lua.checkStringAddress(L, 1)
    const patternAddress = lua.checkStringAddress(L, 2)
    const subjectAddress = lua.address(L, 1)
    const subject = lua.stringStartAt(subjectAddress)
    const length = lua.stringLengthAt(subjectAddress)
    const init = Math.min(Math.max(relativeIndex(lua.optionalInteger(L, 3, 1), length) - 1, 0), length)
    let pattern = lua.stringStartAt(patternAddress)
    if (isFind && ((lua.type(L, 4) !== LuaType.none && c.lua_toboolean(L, 4) !== 0) || isPlain(lua, pattern))) {
      const patternLength = lua.stringLengthAt(patternAddress)
      const found = finder.find(L, subject + init, length - init, pattern, patternLength)
      if (found < 0) return noMatch(L)
      lua.pushNumber(L, found - subject + 1)
      lua.pushNumber(L, found - subject + patternLength)
      return 2
    }
    const isAnchored = lua.bytes[pattern] === CARET
    if (isAnchored) pattern++
    matcher.begin(L, subject, length, pattern)
    const start = matcher.search(subject + init, isAnchored ? subject + init : subject + length)
    if (start < 0) return noMatch(L)
    const end = matcher.matchEnd
    if (!isFind) return matcher.pushCaptures(L, start, end)
    lua.pushNumber(L, start - subject + 1)
    lua.pushNumber(L, end - subject)
    return matcher.level === 0 ? 2 : matcher.pushCaptures(L, start, end) + 2
  }

  const noMatch = (L: number): number => {
    lua.pushNil(L)
    return 1
  }

  /** What gmatch gives. Its upvalues are the subject, the pattern, and how much of the subject has been dealt with. */
  const [next] = lua.functions([
    L => {
      const subjectAddress = upvalues(lua, L)
      const done = subjectAddress + 2 * 16
      const subject = lua.stringStartAt(subjectAddress)
      const length = lua.stringLengthAt(subjectAddress)
      matcher.begin(L, subject, length, lua.stringStartAt(subjectAddress + 16))
      const start = matcher.search(subject + lua.numberAt(done), subject + length)
      if (start < 0) return 0
      const end = matcher.matchEnd
      // After an empty match it goes on one further. It is a number, so it can be changed where it is.
      lua.f64[done >> 3] = end - subject + (end === start ? 1 : 0)
      return matcher.pushCaptures(L, start, end)
    },
  ])

  const gmatch: HostFunction = L => {
    lua.checkStringAddress(L, 1)
    lua.checkStringAddress(L, 2)
    c.lua_settop(L, 2)
    lua.pushNumber(L, 0)
    lua.pushFunction(L, next!, 3)
    return 1
  }

  /** A result for each gsub that runs: another can be called by what one calls. */
  const outputs: Output[] = []
  let depth = 0

  const gsub: HostFunction = L => {
    lua.checkStringAddress(L, 1)
    const patternAddress = lua.checkStringAddress(L, 2)
    const type = lua.type(L, 3)
    const subjectAddress = lua.address(L, 1)
    const subject = lua.stringStartAt(subjectAddress)
    const length = lua.stringLengthAt(subjectAddress)
    let pattern = lua.stringStartAt(patternAddress)
    const most = lua.optionalInteger(L, 4, length + 1) | 0
    if (type < LuaType.number || type > LuaType.function) lua.argumentError(L, 3, 'string/function/table expected')
    if (type === LuaType.number) lua.checkStringAddress(L, 3)
    const isAnchored = lua.bytes[pattern] === CARET
    if (isAnchored) pattern++
    const end = subject + length
    let at = subject
    /** What lies before is in the output. */
    let copied = subject
    let count = 0
    matcher.begin(L, subject, length, pattern)
    if (outputs.length === depth) outputs.push(new Output(lua))
    const output = outputs[depth++]!
    try {
      output.begin(L)
      while (count < most && at <= end) {
        const start = matcher.search(at, isAnchored ? at : end)
        if (start < 0) break
        const { matchEnd } = matcher
        count++
        output.span(copied, start - copied)
        if (type <= LuaType.string) addTemplate(L, output, start, matchEnd)
        else {
          addCalled(L, output, type, start, matchEnd)
          matcher.begin(L, subject, length, pattern)
        }
        copied = matchEnd
        // After an empty match it goes on one further.
        at = matchEnd === start ? start + 1 : matchEnd
        if (isAnchored) break
      }
      if (count === 0) c.lua_pushvalue(L, 1)
      else {
        output.span(copied, end - copied)
        output.push()
      }
    } finally {
      depth--
      output.end()
    }
    lua.pushNumber(L, count)
    return 2
  }

  /** The replacement string, with the captures that it asks for. */
  const addTemplate = (L: number, output: Output, start: number, end: number): void => {
    const address = lua.address(L, 3)
    const template = lua.stringStartAt(address)
    const templateEnd = template + lua.stringLengthAt(address)
    let copied = template
    for (let p = template; p < templateEnd; p++) {
      if (lua.bytes[p] !== ESCAPE) continue
      output.span(copied, p - copied)
      // After a last `%` comes the zero byte that ends each string, and it is taken.
      const c = lua.bytes[++p]!
      copied = p + 1
      if (c < DIGIT_0 || c > DIGIT_9) output.byte(c)
      else if (c === DIGIT_0) output.span(start, end - start)
      else {
        matcher.pushCapture(L, c - DIGIT_1, start, end)
        addTop(L, output)
      }
    }
    if (copied < templateEnd) output.span(copied, templateEnd - copied)
  }

  /** What the replacement function answers, or the replacement table has; the match itself for false and nil. */
  const addCalled = (L: number, output: Output, type: number, start: number, end: number): void => {
    if (type === LuaType.function) {
      c.lua_pushvalue(L, 3)
      c.lua_call(L, matcher.pushCaptures(L, start, end), 1)
    } else {
      matcher.pushCapture(L, 0, start, end)
      c.lua_gettable(L, 3)
    }
    const result = lua.typeAt(lua.address(L, -1))
    if (result === LuaType.string || result === LuaType.number) addTop(L, output)
    else if (result === LuaType.nil || (result === LuaType.boolean && !lua.booleanAt(lua.address(L, -1)))) {
      lua.pop(L)
      output.span(start, end - start)
    } else lua.error(L, `invalid replacement value (a ${typeNames[result]})`)
  }

  /** Takes a string or number off the stack. */
  const addTop = (L: number, output: Output): void => {
    const address = lua.address(L, -1)
    if (lua.typeAt(address) === LuaType.number) c.lua_tolstring(L, -1, 0)
    output.span(lua.stringStartAt(address), lua.stringLengthAt(address))
    lua.pop(L)
  }

  return { find: L => search(L, true), match: L => search(L, false), gmatch, gfind: gmatch, gsub }
}

/** An index into a string from its end, if it is negative, as one from its begin; 0 for those before the begin. */
export function relativeIndex(index: number, length: number): number {
  if (index >= 0) return index
  return Math.max(index + length + 1, 0)
}

/** Whether a pattern means just itself, as far as C's strpbrk reads it: to its first zero byte. */
function isPlain(lua: Lua, pattern: number): boolean {
  const { bytes } = lua
  for (let p = pattern; ; p++) {
    const c = bytes[p]!
    if (IS_SPECIAL[c] !== 0) return c === 0
  }
}

/** The bytes that have a meaning in a pattern, and the one that ends it. */
const IS_SPECIAL = new Uint8Array(256)
for (const c of Buffer.from('^$*+?.([%-\0')) IS_SPECIAL[c] = 1

/** Address of the upvalues, one after the other, of the C function that runs: the function lies below its arguments. */
function upvalues(lua: Lua, L: number): number {
  return lua.pointerAt(lua.address(L, -lua.top(L) - 1)) + CLOSURE_UPVALUES
}

/** Offset in CClosure (lobject.h). */
const CLOSURE_UPVALUES = 24

const ESCAPE = 0x25
const DIGIT_0 = 0x30
const DIGIT_1 = 0x31
const DIGIT_9 = 0x39
const CARET = 0x5e
