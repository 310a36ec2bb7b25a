#!/usr/bin/env node
import { helpText } from '../config/help.js'
import { bundledModules } from '../registry/bundled.js'
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
    case 'ping':
      return (await import('./ping.js')).ping(rest)
    case 'check':
      return (await import('./check.js')).check(rest)
    default:
      return (await import('./serve.js')).serve(command === '' ? rest : [command, ...rest])
  }
}

function usage(): string {
  return `Usage: krmt [serve] [file.conf | -] [--name value ...]
         Serves, as redis-server does.
       krmt dev [module ...] [--name value ...]
         Serves, with modules that reload as you save.
       krmt new NAME [folder]
         Writes a module to start from.
       krmt check PATH [--leaks]
         Checks a module: its types, its definition, its examples.
       krmt ping [URL] [--live] [--timeout ms]
         Tells whether a server, or a gateway and its upstream, is well.
       krmt --version | --help

A module is one of the kit, a .ts or .js file, a folder or a package. The kit:
${[...bundledModules.keys()].join(', ')}.

Parameters, on the command line with -- in front, in the file without:

${helpText()}`
}

main(process.argv.slice(2)).then(
  code => {
    process.exitCode = code
    // Whatever modules have left behind (timers, sockets) must not keep the process.
    setImmediate(() => process.exit(code))
  },
  (error: unknown) => {
    process.stderr.write(`krmt: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exitCode = 1
  },
)
