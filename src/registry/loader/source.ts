import { type Bundler, createBundler } from './bundle.js'
import { createGlobals, type Moment } from './determinism.js'
import type { ModuleLoadError } from './error.js'
import { defaultExport, evaluate } from './evaluate.js'
import { type ResolvedModule, resolveModule } from './resolve.js'
import { type SourceMaps, scriptName, type Told, toLoadError } from './stack.js'
import type { Cleared } from './timers.js'

export interface SourceOptions {
  /** Where paths and packages are looked up from, and what messages name files relative to. */
  cwd: string
  /** The host's own modules by the name that authors import: `krmt/module` … */
  host: Readonly<Record<string, object>>
  /** The modules that come with krmt: name → absolute path. */
  bundled?: ReadonlyMap<string, string>
  /** The time and randomness of the command that runs now, if one does. */
  current: () => Moment | undefined
  /** Shared by all modules of a host; maps the stack traces of their versions. */
  maps: SourceMaps
  /**
   * Writes the source map into the script, so that a debugger stops in the author's file (default true; it costs memory
   * of the map's size a version, and 0.1 ms or less for a module of a hundred lines).
   */
  debug?: boolean
}

/** One version of a module's code, run but not yet checked. */
export interface LoadedVersion {
  /** The default export: what the author passed to defineModule(). */
  definition: unknown
  /** All that the module exports. */
  exports: unknown
  resolved: ResolvedModule
  /** The files to watch: all that went in, and the package.json that named the entry. */
  inputs: readonly string[]
  warnings: readonly string[]
  /** Stops the version's timers and forgets its source map. */
  dispose(): Cleared
  /** Whatever the version's `load` or the check of it threw, at its place in the author's source. */
  toLoadError(error: unknown, stage: 'check' | 'load', told?: Told): ModuleLoadError
}

/** A module as the user named it: reads one version after another of whatever its files hold now. */
export interface ModuleSource {
  readonly name: string
  /**
   * Resolves, bundles and runs the code. Throws ModuleLoadError (stage `resolve`, `bundle` or `evaluate`), and then
   * leaves nothing behind. Calls take turns.
   */
  read(): Promise<LoadedVersion>
  close(): Promise<void>
}

export function createSource(name: string, options: SourceOptions): ModuleSource {
  let bundler: Bundler | undefined
  let turn: Promise<unknown> = Promise.resolve()

  async function bundlerFor(entry: string): Promise<Bundler> {
    if (bundler !== undefined && bundler.entry !== entry) {
      await bundler.dispose()
      bundler = undefined
    }
    bundler ??= await createBundler(entry, options)
    return bundler
  }

  async function read(): Promise<LoadedVersion> {
    const resolved = resolveModule(name, options)
    const { code, sourceMap, inputs: bundled, warnings } = await (await bundlerFor(resolved.entry)).build()
    const inputs = resolved.manifest === undefined ? bundled : [...bundled, resolved.manifest]
    return run(resolved, { code, sourceMap, inputs, warnings })
  }

  function run(
    resolved: ResolvedModule,
    { code, sourceMap, inputs, warnings }: { code: string; sourceMap: string; inputs: string[]; warnings: string[] },
  ): LoadedVersion {
    const { host, maps, cwd } = options
    const { entry } = resolved
    const filename = scriptName(entry)
    const { globals, builtins, dispose } = createGlobals(options.current)
    const forget = maps.add({ filename, sourceMap, inputs })
    try {
      const debug = options.debug ?? true
      const exports = evaluate({
        entry,
        code,
        filename,
        host,
        globals,
        builtins,
        ...(debug ? { sourceMap } : {}),
      })
      return {
        definition: defaultExport(exports),
        exports,
        resolved,
        inputs,
        warnings,
        dispose() {
          forget()
          return dispose()
        },
        toLoadError: (error, stage, told) => toLoadError(error, { stage, entry, maps, cwd, inputs }, told),
      }
    } catch (error) {
      const failure = toLoadError(error, { stage: 'evaluate', entry, maps, cwd, inputs })
      dispose()
      forget()
      throw failure
    }
  }

  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = turn.then(task)
    turn = result.catch(() => undefined)
    return result
  }

  return {
    name,
    read: () => inTurn(read),
    close: () =>
      inTurn(async () => {
        await bundler?.dispose()
        bundler = undefined
      }),
  }
}
