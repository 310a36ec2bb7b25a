import { readFile } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import * as esbuild from 'esbuild'
import { displayPath, ModuleLoadError } from './error.js'
import { CONDITIONS } from './exports.js'
import { filePlugin, HOST_NAMESPACE, hostPlugin, mentionsFile, namesFile } from './plugins.js'
import { inputsOfFailure, toProblem } from './problems.js'

export interface BundlerOptions {
  /** The host's modules by the name that authors import: `krmt/module` … They are never bundled. */
  host: Readonly<Record<string, object>>
  /** What `krmt/modules/NAME` means: name → absolute path. */
  bundled?: ReadonlyMap<string, string>
  /** Messages name files relative to this folder. */
  cwd?: string
}

export interface Bundle {
  /** CommonJS text for `evaluate`. */
  code: string
  /** JSON text with the sources' content; `sources` are relative to the entry's folder. */
  sourceMap: string
  /** Absolute path of every file that went in, packages' files included; the entry is among them. */
  inputs: string[]
  /** `file:line:column: warning: text`, a line each. */
  warnings: string[]
}

/** Bundles one entry again and again. Not for two builds at once. */
export interface Bundler {
  readonly entry: string
  /**
   * Reads, compiles and links the entry and all that it imports. Throws ModuleLoadError (stage `bundle`) with every
   * problem that was found; its `inputs` are the files whose change may mend it, also those that are missing.
   */
  build(): Promise<Bundle>
  /** Frees what the bundler keeps in memory between builds. */
  dispose(): Promise<void>
}

interface Built {
  code: string
  map: string
  result: esbuild.BuildResult<ReturnType<typeof optionsFor>>
}

/** How a bundle comes out is the same for the builds that are kept and those that look for what failed. */
function optionsFor(entry: string, plugins: esbuild.Plugin[]) {
  return {
    absWorkingDir: dirname(entry),
    entryPoints: [entry],
    // Not written: it only says what paths in the source map are relative to.
    outfile: join(dirname(entry), 'krmt-module.js'),
    bundle: true,
    write: false,
    metafile: true,
    format: 'cjs',
    platform: 'node',
    target: `node${process.versions.node}`,
    conditions: CONDITIONS.filter(condition => condition === 'krmt' || condition === 'module'),
    // import() of a path that is only known at run time becomes require(): a script compiled by hand has no import().
    supported: { 'dynamic-import': false },
    define: {
      'import.meta': namesFile,
      __dirname: `${namesFile}.dirname`,
      __filename: `${namesFile}.filename`,
    },
    sourcemap: 'external',
    sourcesContent: true,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
    plugins,
  } satisfies esbuild.BuildOptions
}

/** `entry` is the absolute path of a file. The first build starts esbuild's process, which all bundlers share. */
export async function createBundler(entry: string, options: BundlerOptions): Promise<Bundler> {
  const { cwd } = options
  const folder = dirname(entry)
  const host = hostPlugin(options.host, options.bundled)
  // Files that ask where they are. Few do; only these are read by a plugin, which costs a round trip to esbuild each.
  const askers = new Map<string, 'cjs' | 'esm'>()
  let context: esbuild.BuildContext<ReturnType<typeof optionsFor>> | undefined

  async function rebuild(fresh = context === undefined): Promise<Built> {
    context ??= await esbuild.context(optionsFor(entry, [host, filePlugin(askers)]))
    const result = await context.rebuild().catch(error => {
      if (isBuildFailure(error) || fresh) throw error
      // esbuild's process has gone (killed, out of memory) and the context with it: a new one starts both.
      context = undefined
      return undefined
    })
    if (result === undefined) return rebuild(true)
    const [map, code] = pick(result.outputFiles)
    return { map, code, result }
  }

  async function findAskers(inputs: esbuild.Metafile['inputs']): Promise<boolean> {
    const before = askers.size
    for (const [path, { format }] of Object.entries(inputs)) {
      const file = fileOf(path)
      if (file === undefined || askers.has(file)) continue
      if (mentionsFile(await readFile(file, 'utf8'))) askers.set(file, format ?? 'cjs')
    }
    return askers.size > before
  }

  function fileOf(path: string): string | undefined {
    if (path.startsWith(`${HOST_NAMESPACE}:`) || path.startsWith(`${HOST_NAMESPACE}-file:`)) return undefined
    const name = path.startsWith('(disabled):') ? path.slice('(disabled):'.length) : path
    return resolve(folder, name.split('/').join(sep))
  }

  async function build(): Promise<Bundle> {
    let built = await rebuild()
    if (built.code.includes(namesFile) && (await findAskers(built.result.metafile.inputs))) {
      await context?.dispose()
      context = undefined
      built = await rebuild()
    }
    const { code, map, result } = built
    const files = Object.keys(result.metafile.inputs).map(fileOf)
    return {
      code,
      sourceMap: map,
      inputs: files.filter(file => file !== undefined),
      warnings: result.warnings.map(message => warning(message, folder, cwd)),
    }
  }

  return {
    entry,
    async build() {
      try {
        return await build()
      } catch (error) {
        if (!isBuildFailure(error)) throw error
        const [first, ...others] = error.errors.map(message => toProblem(message, folder))
        const inputs = await inputsOfFailure(entry, error.errors, plugins => optionsFor(entry, [host, ...plugins]))
        throw new ModuleLoadError({
          stage: 'bundle',
          problems: [first ?? { file: entry, reason: error.message }, ...others],
          inputs,
          ...(cwd === undefined ? {} : { cwd }),
        })
      }
    },
    async dispose() {
      await context?.dispose()
      context = undefined
    },
  }
}

function pick(files: readonly esbuild.OutputFile[]): [map: string, code: string] {
  const text = (ending: string): string => files.find(file => file.path.endsWith(ending))?.text ?? ''
  return [text('.js.map'), text('.js')]
}

function warning(message: esbuild.Message, folder: string, cwd?: string): string {
  const { file, line, column, reason } = toProblem(message, folder)
  const at = line === undefined ? '' : `:${line}:${column}`
  return `${displayPath(file, cwd)}${at}: warning: ${reason}`
}

function isBuildFailure(error: unknown): error is esbuild.BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}
