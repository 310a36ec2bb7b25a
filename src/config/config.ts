import type { ByteString } from '../bytes/bytes.js'
import { globMatch } from '../bytes/glob.js'
import { splitArgs } from '../bytes/split-args.js'
import { errors, ReplyError } from '../errors.js'
import { ConfigFileError, InvalidValue, systemReason } from './errors.js'
import type { Directive } from './file.js'
import { type ModuleSpec, moduleSetting } from './module-list.js'
import type { Setting } from './parameter-type.js'
import { byName, findParameter, type ParameterName, parameterNames, parameterOf, type Values } from './parameters.js'
import { type RewritableSetting, rewriteConfigFile } from './rewrite.js'

export interface ConfigOptions {
  /** The working folder at start: an absolute path, as bytes. */
  readonly dir: ByteString
  /** The file that the configuration comes from, and that `rewrite` writes: an absolute path, as bytes. */
  readonly file?: ByteString
  /** Told when a change was vetoed and a listener then refused the old values too. */
  readonly warn?: (message: string) => void
}

/** Who calls CONFIG SET. */
export interface Caller {
  /** Connected from this machine. */
  readonly isLocal: boolean
}

/**
 * Brings a part of the server in line with `config.values`. It may veto what it finds there by throwing (or
 * rejecting): the old values are put back, and every listener that had agreed is called once more.
 */
export type Listener = () => void | Promise<void>

/** The server's parameters: read them from `values`, change them with `set`. */
export class Config {
  /** One object for life, so that hot paths may hold it: a plain property load gets a value. */
  readonly values: Values
  readonly file: ByteString | undefined
  /** `values` as the table, which knows a parameter only by its name, can write it. */
  readonly #values: Record<ParameterName, unknown>
  readonly #settings: Map<ParameterName, Setting<unknown>>
  readonly #listeners: { readonly names: ReadonlySet<ParameterName>; readonly listener: Listener }[] = []
  readonly #warn: (message: string) => void
  #loadModule: ((module: ModuleSpec) => void | Promise<void>) | undefined
  /** While listeners of an earlier call have yet to agree. */
  #pending: Promise<void> | undefined

  constructor(options: ConfigOptions) {
    this.file = options.file
    this.#warn = options.warn ?? (() => {})
    this.#settings = new Map(defaults)
    // Copied by a spread, the object keeps its properties in slots; built one by one, V8 would make it a hash table.
    const values = { ...Object.fromEntries(parameterNames.map(name => [name, settingOf(defaults, name).value])) }
    this.#values = values as Record<ParameterName, unknown>
    this.values = values as unknown as Values
    this.#store('dir', { value: options.dir, text: options.dir })
  }

  /**
   * Sets what a file or a command line says, at start: immutable parameters too, and no listener is asked.
   * Directives are taken one by one, so that a lazy reader sees the `dir` that was set before.
   *
   * @throws {ConfigFileError}
   */
  apply(directives: Iterable<Directive>): void {
    for (const { name, args, place } of directives) {
      const found = findParameter(name)
      if (!found) throw new ConfigFileError('Bad directive or wrong number of arguments', place)
      if (!parameterOf(found).type.variadic && args.length !== 1) {
        throw new ConfigFileError('wrong number of arguments', place)
      }
      try {
        this.#store(found, this.#parse(found, args))
      } catch (error) {
        throw error instanceof InvalidValue ? new ConfigFileError(error.message, place) : error
      }
    }
  }

  /**
   * CONFIG GET: names to texts. A pattern with none of `*?[` is a name, and is answered in the case it was asked in.
   * O(patterns × parameters).
   */
  get(patterns: readonly ByteString[]): Map<ByteString, ByteString> {
    const found = new Map<ByteString, ByteString>()
    for (const pattern of patterns) {
      if (!/[*?[]/.test(pattern)) {
        const name = findParameter(pattern)
        if (name) found.set(pattern, this.#shown(name))
        continue
      }
      for (const [known, name] of byName) {
        if (globMatch(pattern, known, { nocase: true })) found.set(known, this.#shown(name))
      }
    }
    return found
  }

  /**
   * CONFIG SET: all of it or nothing. What follows from it is done by the listeners, in the order of the pairs, and
   * loading a module comes last, since that cannot be taken back.
   *
   * @param args name, value, name, value, …
   * @returns a promise only if a listener does, or if such a promise of an earlier call is still open
   * @throws {ReplyError} in Redis's words
   */
  set(args: readonly ByteString[], caller: Caller): void | Promise<void> {
    if (this.#pending) return this.#pending.then(() => this.set(args, caller))
    const changes = this.#check(args, caller)
    const previous = new Map(this.#settings)
    for (const { name, setting } of changes) if (setting) this.#store(name, setting)
    const outcome = this.#perform(this.#steps(changes, previous), previous)
    if (outcome) {
      // Whoever waits must not be told of this call's failure: `set` returns that to its own caller.
      const settled = outcome
        .catch(() => {})
        .finally(() => {
          this.#pending = undefined
        })
      this.#pending = settled
    }
    return outcome
  }

  /** While an earlier `set` has yet to finish, later ones wait for it. */
  get isChanging(): boolean {
    return this.#pending !== undefined
  }

  /**
   * Has the listener called after CONFIG SET has changed any of the parameters: once a call, however many it changed.
   *
   * @returns takes the listener away again
   */
  onChange(names: ParameterName | readonly ParameterName[], listener: Listener): () => void {
    const entry = { names: new Set([names].flat()), listener }
    this.#listeners.push(entry)
    return () => {
      const index = this.#listeners.indexOf(entry)
      if (index >= 0) this.#listeners.splice(index, 1)
    }
  }

  /** Says who loads the module when CONFIG SET asks for `module-add`. It throws or rejects if that fails. */
  onModuleAdd(load: (module: ModuleSpec) => void | Promise<void>): void {
    this.#loadModule = load
  }

  /** What CONFIG GET and CONFIG REWRITE take for the modules: whoever loads and unloads them says so here. */
  setModules(modules: readonly ModuleSpec[]): void {
    this.#store('module-add', moduleSetting(modules))
  }

  /**
   * Sets a parameter that the server itself has to correct (`maxclients`, say, to what the machine can do). No
   * listener is asked.
   *
   * @throws {InvalidValue}
   */
  assign(name: ParameterName, ...args: readonly ByteString[]): void {
    this.#store(name, this.#parse(name, args))
  }

  /**
   * CONFIG REWRITE: brings the file in line with the values, keeping its comments and order.
   *
   * @throws {ReplyError} without a file, or if it cannot be written; it is then as it was
   */
  rewrite(): void | Promise<void> {
    if (this.#pending) return this.#pending.then(() => this.rewrite())
    if (this.file === undefined) throw new ReplyError('ERR The server is running without a config file')
    try {
      rewriteConfigFile(this.file, this.rewritable())
    } catch (error) {
      throw new ReplyError(`ERR Rewriting config file: ${systemReason(error)}`)
    }
  }

  /** Every parameter with the lines that a config file needs for it. */
  rewritable(): RewritableSetting[] {
    return parameterNames.map(name => ({
      name,
      lines: parameterOf(name).type.lines(settingOf(this.#settings, name), settingOf(defaults, name)),
    }))
  }

  #shown(name: ParameterName): ByteString {
    const { text } = settingOf(this.#settings, name)
    return parameterOf(name).shown?.(text) ?? text
  }

  #parse(name: ParameterName, args: readonly ByteString[]): Setting<unknown> {
    return parameterOf(name).type.parse(args, settingOf(this.#settings, name))
  }

  #store(name: ParameterName, setting: Setting<unknown>): void {
    this.#settings.set(name, setting)
    this.#values[name] = setting.value
  }

  /** First every name is looked at, then every value, as Redis does: the first error of the first kind is told. */
  #check(args: readonly ByteString[], caller: Caller): Change[] {
    if (args.length === 0 || args.length % 2 === 1) throw errors.syntax
    const named: { readonly name: ParameterName; readonly asked: string; readonly value: ByteString }[] = []
    for (let i = 0; i < args.length; i += 2) {
      const given = args[i] ?? ''
      const name = findParameter(given)
      if (!name) throw new ReplyError(`ERR Unknown option or number of arguments for CONFIG SET - '${given}'`)
      // What is wrong with a name is told in the case it was asked in, what is wrong with a value in lower case.
      const asked = given.toLowerCase()
      const parameter = parameterOf(name)
      if (parameter.immutable) throw failed(given, "can't set immutable config")
      const { protectedBy } = parameter
      if (protectedBy !== undefined && !this.#allows(protectedBy, caller)) throw failed(given, PROTECTED[protectedBy])
      // Redis lets a name and its alias through, and the last one counts.
      if (named.some(other => other.asked === asked)) throw failed(given, 'duplicate parameter')
      named.push({ name, asked, value: args[i + 1] ?? '' })
    }
    return named.map(({ name, asked, value }) => {
      try {
        if (parameterOf(name).order) return { name, asked, module: parseOrder(value) }
        return { name, asked, setting: this.#parse(name, [value]) }
      } catch (error) {
        throw error instanceof InvalidValue ? failed(asked, error.message) : error
      }
    })
  }

  #allows(protectedBy: keyof typeof PROTECTED, { isLocal }: Caller): boolean {
    const who = this.values[protectedBy]
    return who === 'yes' || (who === 'local' && isLocal)
  }

  #steps(changes: readonly Change[], previous: Settings): Step[] {
    const steps: Step[] = []
    for (const { name, asked } of changes) {
      if (settingOf(previous, name).text === settingOf(this.#settings, name).text) continue
      for (const { names, listener } of this.#listeners) {
        if (names.has(name) && !steps.some(step => step.run === listener)) steps.push({ asked, run: listener })
      }
    }
    for (const { asked, module } of changes) {
      if (!module) continue
      const load = this.#loadModule
      steps.push({
        asked,
        run: () => {
          if (!load) throw new InvalidValue('no modules can be loaded here')
          return load(module)
        },
      })
    }
    return steps
  }

  /** Runs the steps in order, without a promise for as long as none of them returns one. */
  #perform(steps: readonly Step[], previous: Settings, from = 0): void | Promise<void> {
    for (let i = from; i < steps.length; i++) {
      const step = steps[i] as Step
      try {
        const outcome = step.run()
        if (outcome instanceof Promise) {
          return outcome.then(
            () => this.#perform(steps, previous, i + 1),
            error => this.#rollBack(steps.slice(0, i), previous, failed(step.asked, reasonOf(error))),
          )
        }
      } catch (error) {
        return this.#rollBack(steps.slice(0, i), previous, failed(step.asked, reasonOf(error)))
      }
    }
  }

  /** Puts the old values back, tells those that had agreed to the new ones, then throws the error. */
  #rollBack(agreed: readonly Step[], previous: Settings, error: ReplyError): Promise<void> {
    for (const name of parameterNames) if (name !== 'module-add') this.#store(name, settingOf(previous, name))
    const waiting: Promise<void>[] = []
    const warn = (asked: string, reason: unknown): void =>
      this.#warn(`Could not go back to the old ${asked}: ${reasonOf(reason)}`)
    for (const { asked, run } of agreed) {
      try {
        const outcome = run()
        if (outcome instanceof Promise) waiting.push(outcome.catch(reason => warn(asked, reason)))
      } catch (reason) {
        warn(asked, reason)
      }
    }
    if (waiting.length === 0) throw error
    return Promise.all(waiting).then(() => Promise.reject(error))
  }
}

type Settings = ReadonlyMap<ParameterName, Setting<unknown>>

/** A pair of CONFIG SET: a value to be set, or a module to be loaded. */
interface Change {
  readonly name: ParameterName
  /** The name that was used, in lower case: errors repeat it. */
  readonly asked: string
  readonly setting?: Setting<unknown>
  readonly module?: ModuleSpec
}

interface Step {
  readonly asked: string
  readonly run: Listener
}

const defaults: Settings = new Map(
  parameterNames.map(name => {
    const { type, default: text } = parameterOf(name)
    return [name, type.parse(type.variadic ? text.split(' ').filter(Boolean) : [text], undefined)] as const
  }),
)

function settingOf(settings: Settings, name: ParameterName): Setting<unknown> {
  const setting = settings.get(name)
  if (!setting) throw new Error(`parameter ${name} has no setting`)
  return setting
}

function parseOrder(value: ByteString): ModuleSpec {
  const [path, ...args] = splitArgs(value) ?? []
  if (path === undefined) throw new InvalidValue('argument must be a path and what to tell the module, quotes balanced')
  return { path, args }
}

function failed(name: string, reason: string): ReplyError {
  return new ReplyError(`ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`)
}

/** A listener may throw a ReplyError too; its code has no place within another reply. */
function reasonOf(error: unknown): string {
  if (error instanceof ReplyError) return error.message.replace(/^ERR /, '')
  return error instanceof Error ? error.message : String(error)
}

/** Why CONFIG SET refuses a parameter, by the one whose leave it needs. */
const PROTECTED = {
  'enable-protected-configs': "can't set protected config",
  'enable-module-command': 'this client may not load modules; enable-module-command says who may',
} as const
