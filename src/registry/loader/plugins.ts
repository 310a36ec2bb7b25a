import { readFile } from 'node:fs/promises'
import { basename, dirname, extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as esbuild from 'esbuild'

/** esbuild's name for modules that are not files: the host's own. */
export const HOST_NAMESPACE = 'krmt-host'
const FILE_NAMESPACE = `${HOST_NAMESPACE}-file`

/**
 * What `import.meta` becomes, and `__dirname` and `__filename` become members of. A file that asks for one of them gets
 * an import of that name; in any other, and in a file that has yet to be found out, it stays in the code as it is.
 */
export const namesFile = '__krmt_file'

/** Whether a file may ask where it is. A mention in a comment counts, and does no harm. */
export function mentionsFile(source: string): boolean {
  return /\bimport\s*\.\s*meta\b|\b__(?:dirname|filename)\b/.test(source)
}

/**
 * `krmt`, `krmt/module` … are the running host's own objects: a stand-in exports each of their names. So a name that the
 * host does not have is found when the module is bundled, with the line that imports it.
 */
export function hostPlugin(
  host: Readonly<Record<string, object>>,
  bundled: ReadonlyMap<string, string> = new Map(),
): esbuild.Plugin {
  return {
    name: 'krmt-host',
    setup(build) {
      build.onResolve({ filter: /^krmt(\/|$)/ }, ({ path }) => {
        if (host[path] !== undefined) return { path, namespace: HOST_NAMESPACE, sideEffects: false }
        const kit = path.startsWith('krmt/modules/') ? bundled.get(path.slice('krmt/modules/'.length)) : undefined
        if (kit !== undefined) return build.resolve(kit, { kind: 'entry-point', resolveDir: dirname(kit) })
        const offered = Object.keys(host).map(name => `'${name}'`)
        const notes = [{ text: `A module can import ${offered.join(', ')} from its host.` }]
        return { errors: [{ text: `'${path}' cannot be imported by a module`, notes }] }
      })
      build.onLoad({ filter: /.*/, namespace: HOST_NAMESPACE }, ({ path }) => ({ contents: standIn(path, host[path]) }))
    },
  }
}

/** The source of a module that exports what the host's object has. */
function standIn(name: string, offered: object = {}): string {
  const names = Object.keys(offered).filter(key => /^[A-Za-z_$][\w$]*$/.test(key))
  const local = (index: number): string => `host${index}`
  return [
    `const host = __krmt.module(${JSON.stringify(name)})`,
    ...names.map((key, index) => `const ${local(index)} = /* @__PURE__ */ (() => host.${key})()`),
    `export { ${names.map((key, index) => `${local(index)} as ${key}`).join(', ')} }`,
  ].join('\n')
}

/** Tells each of the `askers` (absolute path → how the file is written) where it is. */
export function filePlugin(askers: ReadonlyMap<string, 'cjs' | 'esm'>): esbuild.Plugin {
  return {
    name: 'krmt-file',
    setup(build) {
      // Native code cannot be bundled: it stays where it is, and is loaded from there.
      build.onResolve({ filter: /\.node$/ }, async ({ path, pluginData, ...where }) => {
        if (pluginData === FILE_NAMESPACE) return undefined
        const { errors, path: found } = await build.resolve(path, { ...where, pluginData: FILE_NAMESPACE })
        return errors.length > 0 ? { errors } : { path: found, external: true }
      })
      if (askers.size === 0) return
      build.onResolve({ filter: new RegExp(`^${FILE_NAMESPACE}:`) }, ({ path }) => ({
        path: path.slice(FILE_NAMESPACE.length + 1),
        namespace: FILE_NAMESPACE,
        sideEffects: false,
      }))
      build.onLoad({ filter: /.*/, namespace: FILE_NAMESPACE }, ({ path }) => ({ contents: metaOf(path) }))
      const exactly = new RegExp(`^(?:${[...askers.keys()].map(escapeRegExp).join('|')})$`)
      build.onLoad({ filter: exactly, namespace: 'file' }, async ({ path }) => {
        const source = await readFile(path, 'utf8')
        if (!mentionsFile(source)) return undefined
        return askers.get(path) === 'esm' ? importMeta(path, source) : inlineNames(path, source)
      })
    },
  }
}

const LOADERS: Readonly<Record<string, esbuild.Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.jsx': 'jsx',
}

function loaderOf(path: string): esbuild.Loader {
  return LOADERS[extname(path)] ?? 'js'
}

/** An ES module gets an import: at the end, where it changes no line or column, since imports are hoisted. */
function importMeta(path: string, source: string): esbuild.OnLoadResult {
  const line = `\nimport ${namesFile} from ${JSON.stringify(`${FILE_NAMESPACE}:${path}`)}`
  return { contents: source + line, loader: loaderOf(path) }
}

function metaOf(path: string): string {
  const meta = { url: pathToFileURL(path).href, filename: path, dirname: dirname(path) }
  const resolve = `specifier => __krmt.resolve(specifier, ${JSON.stringify(path)})`
  return `const krmtMeta = { ...${JSON.stringify(meta)}, resolve: ${resolve} }\nexport { krmtMeta as default }`
}

/** CommonJS cannot import, so there the names are replaced by their values, and a source map keeps the columns. */
async function inlineNames(path: string, source: string): Promise<esbuild.OnLoadResult> {
  const { code } = await esbuild
    .transform(source, {
      sourcefile: encodeURIComponent(basename(path)),
      loader: loaderOf(path),
      sourcemap: 'inline',
      charset: 'utf8',
      logLevel: 'silent',
      define: { __dirname: JSON.stringify(dirname(path)), __filename: JSON.stringify(path) },
    })
    .catch(() => ({ code: source }))
  // What cannot be parsed goes on as it is: the build then reports it, at its place in the file.
  return { contents: code, loader: code === source ? loaderOf(path) : 'js' }
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}
