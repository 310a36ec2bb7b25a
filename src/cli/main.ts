#!/usr/bin/env node
import { helpText } from '../config/help.js'
import { KRMT_VERSION, REDIS_VERSION } from '../version.js'

/** The krmt program: its first word says what to do; without one it serves, as redis-server does. */
async function main([command = '', ...rest]: readonly string[]): Promise<number> {
  switch (command) {
    case '--version':
    case '-v':
      process.stdout.write(`krmt ${KRMT_VERSION} (speaks as Redis ${REDIS_VERSION}; node ${process.version})\n`)
      return 0
    case '--help':
    case '-h':
    case 'help':
      process.stdout.write(usage())
      return 0
    case 'serve':
      return (await import('./serve.js')).serve(rest)
    case 'dev':
      return (await import('./serve.js')).dev(rest)
    case 'new':
      return (await import('./new.js')).create(rest)
    case 'check':
      return (await import('./check.js')).check(rest)
    default:
      return (await import('./serve.js')).serve(command === '' ? rest : [command, ...rest])
  }
}

function usage(): string {
  return `Usage: krmt [serve] [file.conf | -] [--name value ...]    serve, as redis-server does
       krmt dev [module ...] [--name value ...]          serve, with modules that reload as you save
       krmt new NAME                                     write a module to start from
       krmt check PATH [--leaks]                         check a module: types, definition, examples
       krmt --version | --help

A module is one of the kit (${'poong, hmsetnx, hmsetif, bitallpos, geo'}), a .ts or .js file, a folder or a package.

Parameters, on the command line with -- in front, in the file without:

${helpText()}`
}

main(process.argv.slice(2)).then(
  code => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`krmt: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exitCode = 1
  },
)
