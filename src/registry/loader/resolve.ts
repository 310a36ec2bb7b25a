import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, extname, isAbsolute, join, parse, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ModuleLoadError, type Problem } from './error.js'
import { EXTENSIONS, exportsTarget, isSubpathMap } from './exports.js'
import { didYouMean, namesIn } from './suggest.js'

export interface ResolveOptions {
  /** Absolute path of the folder that paths and packages are looked up from. */
  cwd: string
  /** The modules that come with krmt: name → absolute path of its file or folder. */
  bundled?: ReadonlyMap<string, string>
}

export interface ResolvedModule {
  kind: 'bundled' | 'file' | 'folder' | 'package'
  /** Absolute path of the file to load, symbolic links followed. */
  entry: string
  /** The package.json that named the entry: when it changes, the entry may. */
  manifest?: string
}

/**
 * Finds the file that `name` means, in this order:
 *
 * 1. a module that comes with krmt, by its name: `geo` (`./geo` is a path, always);
 * 2. a path to a file, absolute, `file:` URL or from `cwd`; the extension may be left out;
 * 3. a path to a folder: the entry that its package.json names (`exports`, `source`, `module`, `main`), or its `index`;
 * 4. a package in `node_modules` of `cwd` or a folder above it, `@scope/name` and subpaths (`pkg/geo`) included, by its `exports`,
 *    `module` or `main`. (`source` counts only for a folder: packages are published with sources that do not always build.)
 *
 * Throws ModuleLoadError with the stage `resolve`: what was tried, and what may have been meant.
 */
export function resolveModule(name: string, options: ResolveOptions): ResolvedModule {
  const { cwd, bundled = new Map() } = options
  if (name === '') throw failure(name, 'the name of a module cannot be empty', options)
  const own: string | undefined = bundled.get(name)
  if (own !== undefined) return { ...resolvePath(own, name, options), kind: 'bundled' }

  const path = name.startsWith('file:') ? fileUrlPath(name, options) : resolve(cwd, name)
  const kind = kindOf(path)
  if (kind !== undefined || isPath(name)) return resolvePath(path, name, options)
  const withExtension = tryExtensions(path)
  if (withExtension !== undefined) return { kind: 'file', entry: realpathSync(withExtension) }
  return resolvePackage(name, options)
}

function isPath(name: string): boolean {
  return /^(\.{1,2}([/\\]|$)|file:)/.test(name) || isAbsolute(name)
}

function fileUrlPath(name: string, options: ResolveOptions): string {
  try {
    return fileURLToPath(name)
  } catch (error) {
    throw failure(name, error instanceof Error ? error.message : String(error), options)
  }
}

function resolvePath(path: string, name: string, options: ResolveOptions): ResolvedModule {
  const kind = kindOf(path)
  if (kind === 'file') return { kind, entry: checkExtension(realpathSync(path), name, options) }
  if (kind === 'folder') return resolveFolder(realpathSync(path), name, options)
  const withExtension = tryExtensions(path)
  if (withExtension !== undefined) return { kind: 'file', entry: realpathSync(withExtension) }
  throw failure(name, `no such file or folder: ${path}`, options, {
    file: path,
    hint:
      didYouMean(basename(path), namesIn(dirname(path)), found => join(dirname(name), found)) ??
      tried([path, ...withExtensions(path)]),
    inputs: [path, ...withExtensions(path)],
  })
}

function resolveFolder(folder: string, name: string, options: ResolveOptions): ResolvedModule {
  const manifest = join(folder, 'package.json')
  if (existsSync(manifest)) {
    const pack = readManifest(manifest, name, options)
    const entry = packageEntry(folder, pack, '.', ['source', 'module', 'main'], name, options)
    if (entry !== undefined) return { kind: 'folder', entry: checkExtension(entry, name, options), manifest }
  }
  const index = tryExtensions(join(folder, 'index'))
  const seen = existsSync(manifest) ? { manifest } : {}
  if (index !== undefined) return { kind: 'folder', entry: realpathSync(index), ...seen }
  throw failure(name, `the folder ${folder} has no package.json that names an entry, and no index.ts`, options, {
    file: folder,
    hint: 'Name the file itself, or write "exports": "./your-file.ts" into a package.json there.',
    inputs: [manifest, ...withExtensions(join(folder, 'index'))],
  })
}

function resolvePackage(name: string, options: ResolveOptions): ResolvedModule {
  const parts = /^((?:@[^/\\]+\/)?[^/\\@][^/\\]*)(?:\/(.+))?$/.exec(name)
  const [, id, subpath] = parts ?? []
  if (id === undefined) throw failure(name, `'${name}' is neither a path that exists nor a package's name`, options)
  const folders = nodeModules(options.cwd).map(folder => join(folder, id))
  const found = folders.find(folder => existsSync(join(folder, 'package.json')))
  if (found === undefined) throw notFound(name, id, folders, options)

  const folder = realpathSync(found)
  const manifest = join(folder, 'package.json')
  const pack = readManifest(manifest, name, options)
  const key = subpath === undefined ? '.' : `./${subpath}`
  const entry =
    packageEntry(folder, pack, key, ['module', 'main'], name, options) ??
    tryExtensions(join(folder, subpath ?? '', 'index'))
  if (entry !== undefined)
    return { kind: 'package', entry: checkExtension(realpathSync(entry), name, options), manifest }
  throw failure(name, `the package ${id} has no entry that can be loaded`, options, {
    file: manifest,
    hint: 'Its package.json names none in "exports", "module" or "main", and it has no index file.',
    inputs: [manifest],
  })
}

interface Manifest {
  exports?: unknown
  source?: unknown
  module?: unknown
  main?: unknown
}

function readManifest(file: string, name: string, options: ResolveOptions): Manifest {
  try {
    const pack: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof pack === 'object' && pack !== null) return pack
    throw new Error('it is not an object')
  } catch (error) {
    throw failure(name, `cannot read ${file}: ${error instanceof Error ? error.message : error}`, options, {
      file,
      inputs: [file],
    })
  }
}

/** The existing file that a package's manifest names; nothing if it names none at all. */
function packageEntry(
  folder: string,
  pack: Manifest,
  key: string,
  fields: readonly ('source' | 'module' | 'main')[],
  name: string,
  options: ResolveOptions,
): string | undefined {
  const manifest = join(folder, 'package.json')
  const named: string[] = []
  // `source` is the author's own word for a folder under development, and goes before what it is compiled to.
  if (key === '.' && fields[0] === 'source' && typeof pack.source === 'string') named.push(pack.source)
  if (pack.exports !== undefined && pack.exports !== null) {
    const target = exportsTarget(pack.exports, key)
    if (target === undefined && named.length === 0) {
      throw failure(name, `the package's "exports" has no entry for "${key}"`, options, {
        file: manifest,
        hint: `It offers ${offers(pack.exports)}.`,
        inputs: [manifest],
      })
    }
    if (target !== undefined) named.push(target)
  } else if (key === '.') {
    for (const field of fields) {
      const value = pack[field]
      if (field !== 'source' && typeof value === 'string') named.push(value)
    }
  } else {
    named.push(key)
  }
  for (const target of named) {
    const path = join(folder, target)
    const file = kindOf(path) === 'file' ? path : (tryExtensions(path) ?? tryExtensions(join(path, 'index')))
    if (file !== undefined) return realpathSync(file)
  }
  if (named.length === 0) return undefined
  throw failure(name, `the package names ${named.join(' and ')}, which does not exist`, options, {
    file: manifest,
    hint: 'If the package has to be built first, build it.',
    inputs: [manifest, ...named.map(target => join(folder, target))],
  })
}

function offers(exports: unknown): string {
  const keys = isSubpathMap(exports) ? Object.keys(exports) : ['.']
  return keys.map(key => `"${key}"`).join(', ')
}

function checkExtension(entry: string, name: string, options: ResolveOptions): string {
  const extension = extname(entry)
  if (/\.d\.[cm]?ts$/.test(entry)) {
    const hint = 'A declaration file has types only: name the file with the code.'
    throw failure(name, `${entry} has no code to load`, options, { file: entry, hint })
  }
  if ((EXTENSIONS as readonly string[]).includes(extension)) return entry
  const hint =
    extension === '.so' || extension === '.dylib' || extension === '.dll'
      ? 'That is a module compiled for another server. krmt loads modules written in TypeScript or JavaScript.'
      : `krmt loads ${EXTENSIONS.join(', ')} files.`
  throw failure(name, `${entry} is not a TypeScript or JavaScript file`, options, { file: entry, hint })
}

function notFound(name: string, id: string, folders: readonly string[], options: ResolveOptions): ModuleLoadError {
  const path = resolve(options.cwd, name)
  const bundled = [...(options.bundled?.keys() ?? [])]
  const here = namesIn(dirname(path))
  const guess =
    didYouMean(name, bundled, found => found) ??
    didYouMean(basename(name), here, found => `./${join(dirname(name), found)}`)
  const modules = bundled.length === 0 ? 'no modules come with this host' : `krmt comes with ${bundled.join(', ')}`
  const hint = `${guess === undefined ? '' : `${guess} `}Tried: a bundled module (${modules}), the path ${path}, and a package '${id}' in node_modules here and above.`
  return failure(name, `there is no module '${name}'`, options, {
    hint,
    inputs: [path, ...withExtensions(path), ...folders.map(folder => join(folder, 'package.json'))],
  })
}

function failure(
  name: string,
  reason: string,
  { cwd }: ResolveOptions,
  more: { file?: string; hint?: string; inputs?: readonly string[] } = {},
): ModuleLoadError {
  const problem: Problem = { reason, file: more.file ?? name }
  if (more.hint !== undefined) problem.hint = more.hint
  return new ModuleLoadError({ stage: 'resolve', problems: [problem], cwd, inputs: more.inputs ?? [] })
}

function tried(paths: readonly string[]): string {
  return `Tried ${paths.map(path => basename(path)).join(', ')}.`
}

function kindOf(path: string): 'file' | 'folder' | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats?.isFile()) return 'file'
  return stats?.isDirectory() ? 'folder' : undefined
}

function withExtensions(path: string): string[] {
  return EXTENSIONS.map(extension => path + extension)
}

function tryExtensions(path: string): string | undefined {
  return withExtensions(path).find(candidate => kindOf(candidate) === 'file')
}

/** The `node_modules` of a folder and of all above it, nearest first. */
export function nodeModules(folder: string): string[] {
  const { root } = parse(folder)
  const found: string[] = []
  for (let at = folder; ; at = dirname(at)) {
    if (basename(at) !== 'node_modules') found.push(join(at, 'node_modules'))
    if (at === root) return found
  }
}
