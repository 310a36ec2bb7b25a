import { createRequire, isBuiltin } from 'node:module'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compileFunction } from 'node:vm'
import { scriptName } from './stack.js'

export interface EvaluateOptions {
  /** Absolute path of the author's entry file. */
  entry: string
  /** CommonJS text, as the bundler made it. */
  code: string
  /** Written into the script for a debugger; nothing if none is wanted. */
  sourceMap?: string
  /** What stack traces call the script. */
  filename?: string
  /** The host's modules by the name that authors import: `krmt/module` … */
  host: Readonly<Record<string, object>>
  /** Stand-ins for global variables. */
  globals?: Readonly<Record<string, unknown>>
  /** Stand-ins for Node's built-in modules, by name without `node:`. */
  builtins?: Readonly<Record<string, unknown>>
}

/** What bundled code finds under the name `__krmt`; see bundle.ts for who asks. */
export interface BundleHost {
  module(name: string): object
  resolve(specifier: string, from: string): string
}

/**
 * Runs a bundle and returns its `module.exports`. Whatever its top level throws comes through as it is.
 *
 * The code becomes one function with no name anywhere outside, so that a version can be collected when nobody holds its
 * exports any more. It has to be `compileFunction`: of a thousand scripts of 60 kB, `vm.Script` and `new Function` left
 * 100 MB behind (V8 keeps their source in a cache), `compileFunction` 0.1 MB, and it took a quarter of the time
 * (Node 20.20; `loader.test.ts` watches over it).
 */
export function evaluate(options: EvaluateOptions): unknown {
  const { entry, sourceMap, host, globals = {}, builtins = {} } = options
  const filename = options.filename ?? scriptName(entry)
  const nodeRequire = createRequire(entry)

  const require = (name: string): unknown => {
    const offered = host[name]
    if (offered !== undefined) return offered
    if (!isBuiltin(name)) return nodeRequire(name)
    return builtins[name.replace(/^node:/, '')] ?? nodeRequire(name)
  }
  require.resolve = nodeRequire.resolve
  require.cache = nodeRequire.cache

  const bundleHost: BundleHost = {
    module(name) {
      const offered = host[name]
      if (offered === undefined) throw new Error(`this host has no module '${name}'`)
      return offered
    },
    resolve(specifier, from) {
      const path = createRequire(from).resolve(specifier)
      if (isBuiltin(path)) return path.startsWith('node:') ? path : `node:${path}`
      return pathToFileURL(path).href
    },
  }

  // Two functions: a module may declare a name of its own that is also a parameter of the outer one. All on the first
  // line, which esbuild fills with code of its own: positions in the author's code stay as the source map has them.
  const names = Object.keys(globals)
  const mapping = sourceMap === undefined ? '' : `\n//# sourceMappingURL=${dataUrl(sourceMap)}`
  const outer = compileFunction(
    `return (function (exports, require, module, __filename, __dirname, __krmt) {${options.code}\n})${mapping}`,
    names,
    { filename },
  ) as (...values: unknown[]) => ModuleFunction
  const module = { exports: {}, id: entry, filename: entry, loaded: false }
  const run = outer(...names.map(name => globals[name]))
  run.call(module.exports, module.exports, require, module, entry, dirname(entry), bundleHost)
  module.loaded = true
  return module.exports
}

type ModuleFunction = (
  this: unknown,
  exports: object,
  require: (name: string) => unknown,
  module: { exports: unknown },
  filename: string,
  dirname: string,
  host: BundleHost,
) => void

/** The default export, whether the module was written with `export default` or as CommonJS with `module.exports =`. */
export function defaultExport(exports: unknown): unknown {
  if ((typeof exports !== 'object' && typeof exports !== 'function') || exports === null) return exports
  return '__esModule' in exports ? Reflect.get(exports, 'default') : exports
}

function dataUrl(sourceMap: string): string {
  return `data:application/json;base64,${Buffer.from(sourceMap, 'utf8').toString('base64')}`
}
