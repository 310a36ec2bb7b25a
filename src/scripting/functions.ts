import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { dumpedLibraries, dumpLibraries } from './function-dump.js'
import { parseLibrary } from './function-metadata.js'
import type { FunctionMachine, RegisteredFunction, ScriptMachine, ScriptRef } from './machine.js'
import type { ScriptFlag } from './scripts.js'

/** A library of functions. */
export interface Library {
  readonly name: ByteString
  /** As it came, its first line included. */
  readonly code: ByteString
  /** In the order in which they were registered. */
  readonly functions: readonly LibraryFunction[]
}

/** A function that FCALL can call. */
export interface LibraryFunction {
  readonly name: ByteString
  readonly description: ByteString | undefined
  readonly flags: ReadonlySet<ScriptFlag>
  readonly library: Library
}

/** What FUNCTION RESTORE does where a library is there already: fail, or replace it; or delete all beforehand. */
export type RestorePolicy = 'append' | 'replace' | 'flush'

export interface FunctionsOptions {
  readonly machine: FunctionMachine
  /** Whether a script or function runs: nothing may be changed meanwhile. */
  readonly isBusy: () => boolean
  /** Told when the machine has been made anew: all libraries lose their state, and are loaded again when they are called. */
  readonly onStateLost: () => void
}

/**
 * The libraries of functions, from FUNCTION LOAD and RESTORE. What changes them does so as a whole or not at all: what throws has
 * changed nothing.
 */
export class Functions {
  readonly #machine: FunctionMachine
  readonly #isBusy: () => boolean
  readonly #onStateLost: () => void
  #all = new LibrarySet()
  /** The machine that is known to be gone. */
  #lost: object | undefined

  constructor({ machine, isBusy, onStateLost }: FunctionsOptions) {
    this.#machine = machine
    this.#isBusy = isBusy
    this.#onStateLost = onStateLost
  }

  /** In the order in which they were loaded. */
  get libraries(): Iterable<Library> {
    return this.#all.byName.values()
  }

  get libraryCount(): number {
    return this.#all.byName.size
  }

  get functionCount(): number {
    let count = 0
    for (const { functions } of this.#all.byName.values()) count += functions.length
    return count
  }

  /** Bytes of all libraries' codes together. O(libraries). */
  get size(): number {
    let size = 0
    for (const { code } of this.#all.byName.values()) size += code.length
    return size
  }

  /** Bytes that their virtual machine has, and of those, in use. */
  get memory(): ScriptMachine['memory'] {
    return this.#machine.memory
  }

  /** The function of a name, in any case of letters. */
  find(name: ByteString): LibraryFunction | undefined {
    return this.#all.find(name)
  }

  /**
   * What runs a function. Its library is loaded again when the machine has been made anew since.
   *
   * @throws ReplyError when that fails
   */
  compiled(fn: LibraryFunction): ScriptRef {
    const library = fn.library as LoadedLibrary
    const ref = library.refs.get(fn.name)!
    if (this.#machine.knows(ref)) return ref
    this.#assertIdle()
    if (this.#lost !== ref.machine) this.#onStateLost()
    this.#lost = ref.machine
    library.refs = refsOf(this.#machine.loadLibrary(parseLibrary(library.code).body))
    return library.refs.get(fn.name)!
  }

  /**
   * Takes up a library; gives its name.
   *
   * @throws ReplyError
   */
  load(code: ByteString, { replace }: { replace: boolean }): ByteString {
    this.#assertIdle()
    return this.#loadInto(this.#all, code, replace).name
  }

  /** @throws ReplyError when there is no library of that name */
  delete(name: ByteString): void {
    this.#assertIdle()
    const library = this.#all.byName.get(name)
    if (library === undefined) throw new ReplyError('ERR Library not found')
    this.#remove(this.#all, library)
    if (this.libraryCount === 0) this.#machine.clear()
  }

  /** Deletes all libraries. */
  flush(): void {
    this.#assertIdle()
    this.#all = new LibrarySet()
    this.#machine.clear()
  }

  /** All libraries, as FUNCTION DUMP answers them. */
  dump(): ByteString {
    return dumpLibraries([...this.#all.byName.values()].map(({ code }) => code))
  }

  /**
   * Takes up the libraries of a dump.
   *
   * @throws ReplyError
   */
  restore(payload: ByteString, policy: RestorePolicy): void {
    this.#assertIdle()
    const incoming = new LibrarySet()
    try {
      for (const code of dumpedLibraries(payload)) this.#loadInto(incoming, code, false)
      if (policy !== 'flush') checkJoin(this.#all, incoming, policy === 'replace')
    } catch (error) {
      this.#release(incoming.byName.values())
      throw error
    }
    if (policy === 'flush') {
      this.#release(this.#all.byName.values())
      this.#all = incoming
      return
    }
    for (const library of incoming.byName.values()) {
      const old = this.#all.byName.get(library.name)
      if (old !== undefined) this.#remove(this.#all, old)
    }
    for (const library of incoming.byName.values()) this.#all.add(library)
  }

  #loadInto(set: LibrarySet, code: ByteString, replace: boolean): LoadedLibrary {
    const { name, body } = parseLibrary(code)
    const old = set.byName.get(name)
    if (old !== undefined && !replace) throw new ReplyError(`ERR Library '${name}' already exists`)
    const library = new LoadedLibrary(name, code, this.#machine.loadLibrary(body))
    const clash = library.functions.find(fn => {
      const other = set.find(fn.name)
      return other !== undefined && other.library !== old
    })
    if (library.functions.length === 0) throw new ReplyError('ERR No functions registered')
    if (clash !== undefined) {
      this.#release([library])
      throw new ReplyError(`ERR Function ${clash.name} already exists`)
    }
    if (old !== undefined) this.#remove(set, old)
    set.add(library)
    return library
  }

  #remove(set: LibrarySet, library: LoadedLibrary): void {
    set.delete(library)
    this.#release([library])
  }

  #release(libraries: Iterable<LoadedLibrary>): void {
    for (const { refs } of libraries) for (const ref of refs.values()) this.#machine.release(ref)
  }

  #assertIdle(): void {
    if (this.#isBusy()) throw new ReplyError('ERR functions cannot be changed while a script runs')
  }
}

class LoadedLibrary implements Library {
  readonly functions: readonly LibraryFunction[]
  /** What runs the functions, by name. */
  refs: ReadonlyMap<ByteString, ScriptRef>

  constructor(
    readonly name: ByteString,
    readonly code: ByteString,
    functions: readonly RegisteredFunction[],
  ) {
    this.functions = functions.map(({ name, description, flags }) => ({ name, description, flags, library: this }))
    this.refs = refsOf(functions)
  }
}

/** Libraries of different names, whose functions have different names. */
class LibrarySet {
  readonly byName = new Map<ByteString, LoadedLibrary>()
  /** By name in lower case. A library may have two that differ by case: the first is found, as in Redis. */
  readonly #functions = new Map<ByteString, LibraryFunction>()

  find(name: ByteString): LibraryFunction | undefined {
    return this.#functions.get(name.toLowerCase())
  }

  add(library: LoadedLibrary): void {
    this.byName.set(library.name, library)
    for (const fn of library.functions) {
      const key = fn.name.toLowerCase()
      if (!this.#functions.has(key)) this.#functions.set(key, fn)
    }
  }

  delete(library: LoadedLibrary): void {
    this.byName.delete(library.name)
    for (const { name } of library.functions) this.#functions.delete(name.toLowerCase())
  }
}

/** Throws the error with which libraries cannot be added to others. */
function checkJoin(present: LibrarySet, incoming: LibrarySet, replace: boolean): void {
  const replaced = new Set<Library>()
  for (const { name } of incoming.byName.values()) {
    const old = present.byName.get(name)
    if (old === undefined) continue
    if (!replace) throw new ReplyError(`ERR Library ${name} already exists`)
    replaced.add(old)
  }
  for (const { functions } of incoming.byName.values()) {
    for (const { name } of functions) {
      const other = present.find(name)
      if (other !== undefined && !replaced.has(other.library)) {
        throw new ReplyError(`ERR Function ${name} already exists`)
      }
    }
  }
}

function refsOf(functions: readonly RegisteredFunction[]): ReadonlyMap<ByteString, ScriptRef> {
  return new Map(functions.map(({ name, ref }) => [name, ref]))
}
