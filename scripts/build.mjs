// Builds the package: dist/esm by tsc, with declarations, and dist/cjs, the same files for `require`, by esbuild.
// Runs on plain Node, since it makes what everything else runs from. `--if-changed`: only if a source is newer.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const started = new Date()
if (process.argv.includes('--if-changed') && builtAt() > newestSource()) process.exit()

// All is made in a folder of its own and then put in place at once: what runs from dist meanwhile finds no gap in it.
const made = join(dist, `.new-${process.pid}`)
const KIT_INDEX_JS = /^modules\/[^/]+\/index\.js$/
const KIT_INDEX_TYPES = /^modules\/[^/]+\/index\.d\.ts$/
const [esm, cjs] = [join(made, 'esm'), join(made, 'cjs')]
try {
  compile()
  await convertToCommonJs()
  keepPublicTypes()
  chmodSync(join(esm, 'src/cli/main.js'), 0o755)
  putInPlace()
} finally {
  rmSync(made, { recursive: true, force: true })
}

/** TypeScript to ES modules. */
function compile() {
  const tsc = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript/package.json')))
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', esm]
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status === 0) return
  rmSync(made, { recursive: true, force: true })
  process.exit(1)
}

/**
 * Each ES module to a CommonJS module of the same name. The program is for Node alone and needs none.
 *
 * A module of the kit is what `require` gives, with no `.default` behind it. It finds `krmt/module` by a relative path: by
 * the package's own name it would get the ES module, or nothing, since the folder has a package.json of its own.
 */
async function convertToCommonJs() {
  const modules = filesIn(esm).filter(file => file.endsWith('.js') && !file.startsWith('src/cli/'))
  const asksForUrl = file => readFileSync(join(esm, file), 'utf8').includes('import.meta')
  const convert = (files, banner) =>
    build({
      absWorkingDir: esm,
      entryPoints: files,
      outbase: '.',
      outdir: cjs,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      // import() of our own files becomes require(), so that no file is loaded twice.
      supported: { 'dynamic-import': false },
      banner: { js: banner },
      define: { 'import.meta.url': 'importMetaUrl' },
      logLevel: 'warning',
    })
  await convert(
    modules.filter(file => !asksForUrl(file)),
    '',
  )
  const url = '"use strict";\nconst importMetaUrl = require("node:url").pathToFileURL(__filename).href;'
  await convert(modules.filter(asksForUrl), url)
  rewrite(cjs, 'modules/', useRelativePath)
  rewrite(cjs, KIT_INDEX_JS, text => `${text}module.exports = module.exports.default;\n`)
  writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n')
}

/** Declarations: those that the entry points need, for both forms; the others go. */
function keepPublicTypes() {
  const needed = new Set()
  const visit = file => {
    if (needed.has(file)) return
    needed.add(file)
    const text = readFileSync(join(esm, file), 'utf8')
    for (const [, path] of text.matchAll(/['"](\.{1,2}\/[^'"]+)\.js['"]/g)) visit(join(dirname(file), `${path}.d.ts`))
  }
  for (const name of ['index', 'module/index', 'testing/index']) visit(`src/${name}.d.ts`)
  for (const name of readdirSync(join(esm, 'modules'))) visit(`modules/${name}/index.d.ts`)
  for (const file of filesIn(esm).filter(file => file.endsWith('.d.ts'))) {
    if (needed.has(file)) {
      mkdirSync(join(cjs, dirname(file)), { recursive: true })
      copyFileSync(join(esm, file), join(cjs, file))
    } else {
      rmSync(join(esm, file))
    }
  }
  rewrite(cjs, 'modules/', useRelativePath)
  rewrite(cjs, KIT_INDEX_TYPES, text => text.replace('export default _default;', 'export = _default;'))
}

function putInPlace() {
  for (const name of ['esm', 'cjs']) {
    if (statSync(join(dist, name), { throwIfNoEntry: false })) renameSync(join(dist, name), join(made, `old-${name}`))
    renameSync(join(made, name), join(dist, name))
  }
  // The time at which the sources were read, for `--if-changed`.
  writeFileSync(join(dist, '.built'), '')
  utimesSync(join(dist, '.built'), started, started)
}

/** Changes the text of the files below `folder` whose path begins with a text, or matches. */
function rewrite(folder, which, change) {
  for (const file of filesIn(folder)) {
    if (typeof which === 'string' ? !file.startsWith(which) : !which.test(file)) continue
    const path = join(folder, file)
    writeFileSync(path, change(readFileSync(path, 'utf8'), file))
  }
}

function useRelativePath(text, file) {
  return text.replace(/(['"])krmt\/module\1/g, `"${relative(dirname(file), 'src/module/index.js')}"`)
}

/** Paths, from `folder`, of all files below it. */
function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)))
}

function builtAt() {
  return statSync(join(dist, '.built'), { throwIfNoEntry: false })?.mtimeMs ?? 0
}

/** Folders count too: they change when a file comes or goes. */
function newestSource() {
  const below = ['src', 'modules'].flatMap(folder =>
    ['', ...readdirSync(join(root, folder), { recursive: true })].map(path => join(folder, path)),
  )
  const sources = below.filter(path => !path.endsWith('.test.ts'))
  const settings = ['scripts/build.mjs', 'tsconfig.json', 'tsconfig.build.json', 'package.json']
  return Math.max(...[...sources, ...settings].map(path => statSync(join(root, path)).mtimeMs))
}
