import { major, minor, patch, satisfies } from 'semver'
import { type ByteString, fromUtf8, toUtf8 } from '../bytes/bytes.js'
import type { Engine } from '../engine/engine.js'
import { ReplyError } from '../errors.js'
import { compileModule, type ModuleHost } from '../host/module-host.js'
import { interfaceVersion } from '../module/features.js'
import { type AnyModule, commandsOf, parseModuleOptions } from '../module/module.js'
import { checkCommands, checkModule, DefinitionError } from '../module/validate.js'
import { KRMT_VERSION } from '../version.js'
import { bundledModules } from './bundled.js'
import type { Swap } from './command-table.js'
import type { CommandDefinition } from './definition.js'
import { placedError } from './definition-place.js'
import { FileReloads } from './file-reloads.js'
import { ModuleLoadError } from './loader/error.js'
import type { LoadedVersion, ModuleSource, SourceMaps } from './loader/index.js'

/** A module that is loaded. */
export interface LoadedModule {
  readonly name: string
  readonly version: string
  /** `1.2.3` as 10203, for those who expect a number. */
  readonly versionNumber: number
  /** The range of interface versions that it asks for. */
  readonly requires: string
  /** What was named to load it; of a module that a program passed as an object, its name. */
  readonly path: ByteString
  /** Absolute path of its file. */
  readonly filename: ByteString
  readonly args: readonly ByteString[]
  /** Seconds since the epoch. */
  readonly firstLoaded: number
  readonly lastLoaded: number
  /** Names of its commands, as the definition has them. */
  readonly commands: readonly string[]
}

interface Loaded extends LoadedModule {
  readonly definition: AnyModule
  /** What its `load` returned. */
  readonly state: unknown
  /** Where its code comes from; undefined for a module that was passed as an object. */
  readonly code: { readonly source: ModuleSource; readonly version: LoadedVersion } | undefined
}

/**
 * The modules of an engine. A load is a transaction: read and bundle the code, check it, call its `load`, and only then
 * swap the command table, between two commands; whatever fails before that leaves everything as it was.
 * Loads, reloads and unloads take turns.
 */
export class Modules {
  readonly #engine: Engine
  readonly #host: ModuleHost
  readonly #loaded = new Map<string, Loaded>()
  readonly #reloads: FileReloads
  /** Modules that are to serve from the start and could not be loaded yet, by what names them. */
  readonly #failedStarts = new Map<
    ByteString,
    { readonly args: readonly ByteString[]; readonly inputs: readonly string[] }
  >()
  /** The files of versions that were read and then refused, by the error that says why. */
  readonly #refused = new WeakMap<object, readonly string[]>()
  #maps: SourceMaps | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(engine: Engine, host: ModuleHost) {
    this.#engine = engine
    this.#host = host
    this.#reloads = new FileReloads(engine.log, files => this.#reloadChanged(files))
    engine.config.onModuleAdd(({ path, args }) => this.load(path, args).then(() => {}))
    engine.config.onChange('module-watch', () => this.#follow())
  }

  /** In the order in which they were first loaded. */
  get loaded(): readonly LoadedModule[] {
    return [...this.#loaded.values()]
  }

  get(name: string): LoadedModule | undefined {
    return this.#loaded.get(name)
  }

  /**
   * Loads the module that `path` names, or loads it again if a module of its name is loaded.
   *
   * @param args the module's options, as words: `order`, `longlat`
   * @throws ReplyError in one line; the log has the rest
   */
  load(path: ByteString, args: readonly ByteString[] = []): Promise<LoadedModule> {
    return this.#load(path, args, () => {})
  }

  /** The same, but a module that cannot be loaded yet is loaded once its files have been mended. */
  async loadOrAwait(path: ByteString, args: readonly ByteString[] = []): Promise<void> {
    const awaitMending = (inputs: readonly string[]) => this.#failedStarts.set(path, { args, inputs })
    // The log has told why.
    await this.#load(path, args, awaitMending).catch(() => {})
  }

  #load(
    path: ByteString,
    args: readonly ByteString[],
    onFailure: (inputs: readonly string[]) => void,
  ): Promise<LoadedModule> {
    return this.#inTurn(async () => {
      const source = await this.#source(toUtf8(path))
      try {
        const loaded = await this.#loadFrom(source, path, args)
        if (this.#failedStarts.delete(path)) this.#follow()
        return loaded
      } catch (error) {
        await source.close()
        onFailure(this.#inputsOf(error))
        this.#follow()
        throw this.#told(error, path)
      }
    })
  }

  /** Loads a module that a program passes as an object. Throws a ReplyError. */
  add(definition: AnyModule, args: readonly ByteString[] = []): Promise<LoadedModule> {
    const path = fromUtf8(String((definition as { name?: unknown } | undefined)?.name ?? '?'))
    return this.#inTurn(async () => {
      try {
        return await this.#install(definition, path, path, args, undefined)
      } catch (error) {
        throw this.#told(error, path)
      }
    })
  }

  /** Takes a module and its commands away; what these had replaced serves again. */
  unload(name: string): Promise<void> {
    return this.#inTurn(async () => {
      const module = this.#loaded.get(name)
      if (module === undefined) throw new ReplyError('ERR Error unloading module: no such module with that name')
      this.#loaded.delete(name)
      const swap = this.#engine.commands.swap(name, [])
      this.#logSwap(swap, module.path)
      this.#cleanUp(module)
      this.#engine.log.notice(`Module ${name} unloaded`)
      await this.#close(module)
      this.#changed()
    })
  }

  /** Ends all modules, last loaded first, as at shutdown. */
  async close(): Promise<void> {
    // A reload that is due takes its turn first: in the turn of the end, nobody must be waited for who waits for a turn.
    await this.#reloads.close()
    await this.#inTurn(async () => {
      for (const module of [...this.#loaded.values()].reverse()) {
        this.#loaded.delete(module.name)
        this.#engine.commands.swap(module.name, [])
        this.#cleanUp(module)
        await this.#close(module)
      }
    })
  }

  /** The stack of an error, with the places in modules' code as places in their authors' files. */
  mapStack(stack: string): string {
    return this.#maps?.mapStack(stack) ?? stack
  }

  /** The lines of INFO modules, without their ends. */
  info(): string[] {
    const line = (module: LoadedModule) =>
      `module_${module.name}:filename=${module.filename},compiled_against=${module.requires},` +
      `module_version=${module.version},first_loaded=${module.firstLoaded},last_loaded=${module.lastLoaded},` +
      `commands=${module.commands.join(',')}`
    const started = Math.floor(this.#engine.startedAt / 1000)
    const builtin = {
      name: '<builtin>',
      version: KRMT_VERSION,
      versionNumber: 0,
      requires: interfaceVersion,
      path: '<builtin>',
      filename: '<builtin>',
      args: [],
      firstLoaded: started,
      lastLoaded: started,
      commands: this.#engine.commands.namesOf('<builtin>'),
    }
    return [line(builtin), ...this.loaded.map(line)]
  }

  async #loadFrom(source: ModuleSource, path: ByteString, args: readonly ByteString[]): Promise<Loaded> {
    this.#engine.log.notice(`Loading new [${path}] module.`)
    this.#reloads.reading()
    const version = await source.read()
    for (const warning of version.warnings) this.#engine.log.warning(warning)
    try {
      return await this.#install(version.definition, path, fromUtf8(version.resolved.entry), args, { source, version })
    } catch (error) {
      version.dispose()
      if (typeof error === 'object' && error !== null) this.#refused.set(error, version.inputs)
      throw error
    }
  }

  /** The files whose change may mend what an error says of a module. */
  #inputsOf(error: unknown): readonly string[] {
    if (error instanceof ModuleLoadError) return error.inputs
    return (typeof error === 'object' && error !== null && this.#refused.get(error)) || []
  }

  /** From checked code to commands that serve. */
  async #install(
    candidate: unknown,
    path: ByteString,
    filename: ByteString,
    args: readonly ByteString[],
    code: Loaded['code'],
  ): Promise<Loaded> {
    const { log, commands: table, clock } = this.#engine
    const at = <T>(stage: 'check' | 'load', step: () => T): T => {
      try {
        return step()
      } catch (error) {
        throw code === undefined || error instanceof ReplyError
          ? error
          : placedError(code.version, error, stage, candidate)
      }
    }
    const definition = at('check', () => {
      checkModule(candidate)
      return candidate
    })
    at('check', () => this.#checkVersion(definition, path))
    const options = at('check', () => parseModuleOptions(definition, args))
    const definitions = at('check', () => this.#commandsOf(definition, options))
    const previous = this.#loaded.get(definition.name)
    if (definition.load !== undefined) log.notice(`Running load function of module [${path}].`)
    const state = at('load', () => {
      const loaded = definition.load?.({ options, previous: previous?.state, log: this.#host.log })
      if (isPromise(loaded)) {
        loaded.then(undefined, () => {})
        throw new Error('load must not be async: a module is there at once or not at all')
      }
      return loaded
    })

    // From here on nothing fails: the new version serves.
    this.#logSwap(table.swap(definition.name, definitions), path)
    const now = Math.floor(clock.now() / 1000)
    const loaded: Loaded = {
      name: definition.name,
      version: definition.version,
      versionNumber: versionNumber(definition.version),
      requires: definition.requires,
      path,
      filename,
      args,
      firstLoaded: previous?.firstLoaded ?? now,
      lastLoaded: now,
      commands: definitions.map(({ name }) => name),
      definition,
      state,
      code,
    }
    this.#loaded.set(definition.name, loaded)
    log.notice(`Module [${path}] loaded ${definitions.length} command${definitions.length === 1 ? '' : 's'}.`)
    if (previous !== undefined) {
      this.#cleanUp(previous)
      if (previous.code !== undefined && previous.code.source === code?.source) previous.code.version.dispose()
      else await this.#close(previous)
      log.notice(`Closed previous [${previous.path}] module.`)
    }
    this.#changed()
    return loaded
  }

  /** The module's commands, ready for the table. What TypeScript would have found, and more, is checked here. */
  #commandsOf(definition: AnyModule, options: Record<string, unknown>): CommandDefinition[] {
    const commands = commandsOf(definition, options)
    checkCommands(commands)
    return compileModule(definition, commands, this.#host)
  }

  #checkVersion({ requires }: AnyModule, path: ByteString): void {
    if (satisfies(interfaceVersion, requires)) return
    const { log, config } = this.#engine
    log.warning(`[${path}] version mismatch. Module was compiled against ${requires}, but we are ${interfaceVersion}.`)
    if (!config.values['module-strict']) {
      log.warning(`Strict version enforcement is disabled. Loading [${path}] but undefined behavior may occur.`)
      return
    }
    log.warning(`Not loading [${path}] because 'module-strict' is enabled.`)
    const message =
      `it requires version ${requires} of krmt/module, and this is ${interfaceVersion}; ` +
      "get a version of the module that fits, or set 'module-strict no'"
    throw new DefinitionError([{ path: '', message }])
  }

  /** Files have changed: the modules made of them are loaded again. A failure leaves the old version serving. */
  #reloadChanged(files: ReadonlySet<string>): Promise<void> {
    return this.#inTurn(async () => {
      for (const module of [...this.#loaded.values()]) {
        if (module.code === undefined || !this.#reloads.concerns(module.name, files)) continue
        // One of those before it may have taken its name.
        if (this.#loaded.get(module.name) !== module) continue
        try {
          const reloaded = await this.#loadFrom(module.code.source, module.path, module.args)
          if (reloaded.name !== module.name) this.#replaceRenamed(module)
        } catch (error) {
          this.#reloads.failed(module.name, this.#inputsOf(error))
          this.#told(error, module.path)
          this.#engine.log.warning(`Module [${module.path}] goes on serving its previous version.`)
        }
      }
      for (const [path, { args }] of [...this.#failedStarts]) {
        if (!this.#reloads.concerns(startOf(path), files)) continue
        const source = await this.#source(toUtf8(path))
        try {
          await this.#loadFrom(source, path, args)
          this.#failedStarts.delete(path)
        } catch (error) {
          await source.close()
          this.#failedStarts.set(path, { args, inputs: this.#inputsOf(error) })
          this.#told(error, path)
        }
      }
      this.#follow()
    })
  }

  /** The author has changed the module's name: what served under the old one goes. */
  #replaceRenamed(old: Loaded): void {
    this.#loaded.delete(old.name)
    this.#logSwap(this.#engine.commands.swap(old.name, []), old.path)
    this.#cleanUp(old)
    old.code?.version.dispose()
    this.#changed()
  }

  #cleanUp(module: Loaded): void {
    const { log } = this.#engine
    if (module.definition.cleanup === undefined) return
    log.notice(`Running cleanup function for [${module.path}] module.`)
    try {
      module.definition.cleanup(module.state, { log: this.#host.log })
    } catch (error) {
      log.warning(`Error in the cleanup function of module [${module.path}]: ${this.mapStack(stackOf(error))}`)
    }
  }

  async #close({ code }: Loaded): Promise<void> {
    code?.version.dispose()
    await code?.source.close()
  }

  /** esbuild and all that goes with files is fetched only when there is one to load: `open()` is often without. */
  async #source(name: string): Promise<ModuleSource> {
    const { createSource, SourceMaps } = await import('./loader/index.js')
    this.#maps ??= new SourceMaps()
    return createSource(name, {
      cwd: toUtf8(this.#engine.config.values.dir),
      host: { 'krmt/module': await import('../module/index.js') },
      bundled: bundledModules,
      current: this.#host.current,
      maps: this.#maps,
    })
  }

  /** Tells CONFIG and the watcher what is loaded now. */
  #changed(): void {
    const fromFiles = [...this.#loaded.values()].filter(module => module.code !== undefined)
    this.#engine.config.setModules(fromFiles.map(({ path, args }) => ({ path, args })))
    this.#follow()
  }

  #follow(): void {
    const inputs = new Map<string, readonly string[]>()
    if (this.#engine.config.values['module-watch']) {
      for (const { name, code } of this.#loaded.values()) if (code !== undefined) inputs.set(name, code.version.inputs)
      for (const [path, failed] of this.#failedStarts) inputs.set(startOf(path), failed.inputs)
    }
    this.#reloads.follow(inputs)
  }

  #logSwap({ added, replaced, removed, restored }: Swap, path: ByteString): void {
    const { log } = this.#engine
    for (const name of added) log.notice(`Added command ${name} [${path}]`)
    for (const name of replaced) log.notice(`Replaced existing command ${name} [${path}]`)
    for (const name of removed) log.notice(`Removed command ${name} [${path}]`)
    for (const { name, module } of restored) log.notice(`Restored command ${name} [${module}]`)
  }

  /** The error as a reply of one line; the log gets it whole. */
  #told(error: unknown, path: ByteString): ReplyError {
    const { log } = this.#engine
    const { whole, line } = explained(error)
    log.warning(`Could not open module ${path} because: ${fromUtf8(whole)}`)
    return new ReplyError(`ERR Error loading the extension [${path}]: ${fromUtf8(line)}`, { cause: error })
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task)
    this.#turn = result.catch(() => {})
    return result
  }
}

/** What the files of a module that has not been loaded yet are watched under: no module can have such a name. */
function startOf(path: ByteString): string {
  return `<start> ${path}`
}

function explained(error: unknown): { whole: string; line: string } {
  if (error instanceof ModuleLoadError) return { whole: error.message, line: error.headline }
  if (error instanceof DefinitionError) return { whole: error.message, line: error.message.replaceAll('\n', '; ') }
  if (error instanceof ReplyError) {
    const text = toUtf8(error.message).replace(/^ERR /, '')
    return { whole: text, line: text }
  }
  return { whole: stackOf(error), line: error instanceof Error ? error.message : String(error) }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function versionNumber(version: string): number {
  return major(version) * 10_000 + minor(version) * 100 + patch(version)
}
