import { satisfies } from 'semver'
import { type ByteString, fromUtf8 } from '../../bytes/bytes.js'
import { ReplyError } from '../../errors.js'
import { type CompiledCommand, type CompiledContainer, compileCommand, compileContainer } from '../../module/compile.js'
import type { Log } from '../../module/context.js'
import { interfaceVersion } from '../../module/features.js'
import { type AnyModule, commandsOf, type ModuleCommand, parseModuleOptions } from '../../module/module.js'
import { checkCommands, checkModule, DefinitionError } from '../../module/validate.js'
import { bundledModules } from '../../registry/bundled.js'
import type { LoadedVersion, ModuleSource } from '../../registry/loader/index.js'
import { type ModuleInput, optionWords } from '../inputs.js'
import type { Run } from './run.js'

/** A module that has been loaded. */
interface Loaded {
  readonly definition: AnyModule
  readonly state: unknown
  readonly commands: readonly ModuleCommand[]
  readonly version: LoadedVersion | undefined
  readonly source: ModuleSource | undefined
}

/** The modules of a program that run in front of a server. */
export class UpstreamModules {
  readonly #log: Log
  readonly #current: () => Run | undefined
  readonly #loaded: Loaded[] = []
  readonly #commands = new Map<string, CompiledCommand | CompiledContainer>()

  /** @param current the run that runs now, for what must be deterministic meanwhile */
  constructor(log: Log, current: () => Run | undefined) {
    this.#log = log
    this.#current = current
  }

  /** Whether there is a command that may write. */
  get write(): boolean {
    return this.#loaded.some(({ commands }) => commands.some(mayWrite))
  }

  /** A module's command by the words of a call. Throws a ReplyError for a subcommand that a container does not have. */
  of(argv: readonly ByteString[]): CompiledCommand | { readonly help: readonly string[] } | undefined {
    const command = this.#commands.get(argv[0]!.toLowerCase())
    if (command === undefined || !('subcommands' in command)) return command
    if (argv.length < 2) throw new ReplyError(`ERR wrong number of arguments for '${command.fullName}' command`)
    const name = argv[1]!.toLowerCase()
    const sub = command.subcommands.get(name)
    if (sub === undefined && name === 'help') return { help: command.help }
    if (sub === undefined) throw command.unknown(argv[1]!)
    return sub
  }

  /**
   * Loads a module. Of two commands with the same name, the one that came last serves.
   *
   * @returns its commands
   * @throws ReplyError that says why it cannot be loaded
   */
  async add(input: ModuleInput): Promise<readonly ModuleCommand[]> {
    const isPlain = typeof input === 'string' || 'kind' in input
    const module = isPlain ? input : input.module
    const words = isPlain ? [] : optionWords(input.options)
    const name = typeof module === 'string' ? module : String((module as { name?: unknown } | undefined)?.name ?? '?')
    try {
      const loaded = typeof module === 'string' ? await this.#read(module, words) : this.#install(module, words)
      this.#loaded.push(loaded)
      for (const command of loaded.commands) {
        const compiled = command.kind === 'command' ? compileCommand(command) : compileContainer(command)
        this.#commands.set(compiled.fullName, compiled)
      }
      return loaded.commands
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/^ERR /, '') : String(error)
      throw new ReplyError(`ERR Error loading the extension [${name}]: ${reason.replaceAll('\n', '; ')}`, {
        cause: error,
      })
    }
  }

  /** Ends all modules, last loaded first. */
  async close(): Promise<void> {
    for (const { definition, state, version, source } of this.#loaded.splice(0).reverse()) {
      try {
        definition.cleanup?.(state, { log: this.#log })
      } catch (error) {
        this.#log.warning(`Error in the cleanup function of module [${definition.name}]: ${error}`)
      }
      version?.dispose()
      await source?.close()
    }
  }

  /** From a file. What makes code of one is fetched only now. */
  async #read(path: string, words: readonly ByteString[]): Promise<Loaded> {
    const { createSource, SourceMaps } = await import('../../registry/loader/index.js')
    const source = createSource(path, {
      cwd: process.cwd(),
      host: { 'krmt/module': await import('../../module/index.js') },
      bundled: bundledModules,
      current: this.#current,
      maps: new SourceMaps(),
    })
    let version: LoadedVersion | undefined
    try {
      version = await source.read()
      for (const warning of version.warnings) this.#log.warning(fromUtf8(warning))
      return { ...this.#install(version.definition, words), version, source }
    } catch (error) {
      version?.dispose()
      await source.close()
      throw error
    }
  }

  #install(candidate: unknown, words: readonly ByteString[]): Loaded {
    checkModule(candidate)
    const { name, requires } = candidate
    if (!satisfies(interfaceVersion, requires)) {
      const message = `it requires version ${requires} of krmt/module, and this is ${interfaceVersion}; get a version that fits`
      throw new DefinitionError([{ path: '', message }])
    }
    if (this.#loaded.some(({ definition }) => definition.name === name)) {
      throw new Error(`a module of the name ${name} is there already; leave one of them out`)
    }
    const options = parseModuleOptions(candidate, words)
    const commands = commandsOf(candidate, options)
    checkCommands(commands)
    const state: unknown = candidate.load?.({ options, previous: undefined, log: this.#log } as never)
    if (typeof state === 'object' && state !== null && 'then' in state) {
      throw new Error('load must not be async: a module is there at once or not at all')
    }
    return { definition: candidate, state, commands, version: undefined, source: undefined }
  }
}

function mayWrite(command: ModuleCommand): boolean {
  return command.kind === 'command' ? command.flags.includes('write') : command.subcommands.some(mayWrite)
}
