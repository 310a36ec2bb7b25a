import { interfaceVersion } from 'krmt/module'
import { afterEach, describe, expect, test } from 'vitest'
import { type KrmtProcess, type StartOptions, spawnKrmt, startKrmt } from './support/krmt.js'
import { answering } from './support/workspace.js'

let krmt: KrmtProcess | undefined

async function start(options: StartOptions = {}): Promise<KrmtProcess> {
  krmt = await startKrmt(options)
  return krmt
}

afterEach(async () => {
  await krmt?.stop()
  krmt = undefined
})

const commonJs = `const { command, defineModule, reply } = require('krmt/module')

module.exports = defineModule({
  name: 'greeter',
  version: '1.0.0',
  requires: '^1',
  commands: [command({ name: 'greet', summary: 'Answers.', flags: ['fast'], run: () => reply.status('hello') })],
})
`

/** Its `load` counts how often it has been called, and its `cleanup` tells the number. */
const counting = (answer: string) => `import { command, defineModule, reply } from 'krmt/module'

const greet = command({ name: 'greet', summary: 'Answers.', flags: ['fast'], run: () => reply.status('${answer}') })

export default defineModule({
  name: 'greeter',
  version: '1.0.0',
  requires: '^1',
  commands: [greet],
  load({ previous, log }) {
    const loads = typeof previous === 'object' && previous !== null && 'loads' in previous ? Number(previous.loads) + 1 : 1
    log.notice(\`load number \${loads}\`)
    return { loads }
  },
  cleanup({ loads }, { log }) {
    log.notice(\`cleanup of load number \${loads}\`)
  },
})
`

describe('what can be loaded', () => {
  test.each<[kind: string, name: string, files: Record<string, string>]>([
    ['a .ts file', './greeter.ts', { 'greeter.ts': answering('hello') }],
    ['a .mts file', './greeter.mts', { 'greeter.mts': answering('hello') }],
    ['a .js file', './greeter.js', { 'greeter.js': answering('hello') }],
    ['a .js file in CommonJS', './greeter.js', { 'greeter.js': commonJs }],
    ['a .mjs file', 'greeter.mjs', { 'greeter.mjs': answering('hello') }],
    ['a folder with an index', './greeter', { 'greeter/index.ts': answering('hello') }],
    [
      'a folder with a package.json',
      './greeter',
      { 'greeter/package.json': '{ "exports": "./src/main.ts" }', 'greeter/src/main.ts': answering('hello') },
    ],
    [
      'a package with compiled code',
      'krmt-greeter',
      {
        'node_modules/krmt-greeter/package.json':
          '{ "name": "krmt-greeter", "type": "module", "exports": "./dist/index.js" }',
        'node_modules/krmt-greeter/dist/index.js': answering('hello'),
      },
    ],
    [
      'a package that offers its TypeScript',
      '@acme/greeter',
      {
        'node_modules/@acme/greeter/package.json':
          '{ "name": "@acme/greeter", "exports": { "krmt": "./index.ts", "default": "./dist/index.js" } }',
        'node_modules/@acme/greeter/index.ts': answering('hello'),
      },
    ],
    [
      'a file that imports a package, a JSON file and a module of Node',
      './greeter.ts',
      {
        'greeter.ts': answering('x')
          .replace("'x'", 'twice(words.hello).slice(0, 5) + sep.slice(1)')
          .replace(
            "'krmt/module'\n",
            "'krmt/module'\nimport { sep } from 'node:path'\nimport { twice } from 'twice'\nimport words from './words.json'\n",
          ),
        'words.json': '{ "hello": "hello" }',
        'node_modules/twice/package.json': '{ "name": "twice", "main": "./index.js" }',
        'node_modules/twice/index.js': 'exports.twice = text => text + text',
      },
    ],
  ])('%s', async (_, name, files) => {
    const server = await start({ args: ['--module-add', name], files })
    expect(await server.send('GREET')).toBe('hello')
    expect(server.log).toContain(`Added command greet [${name}]`)
    expect(server.log).toContain(`Module [${name}] loaded 1 command.`)
  })

  test('the modules of the kit, by name', async () => {
    const kit = ['poong', 'hmsetnx', 'hmsetif', 'bitallpos', 'geo', 'scriptname']
    const server = await start({ args: kit.flatMap(name => ['--module-add', name]) })
    expect(await server.send('POONG')).toBe('POOOOOOOOOONG')
    expect(await server.send('HMSETNX user name Ada')).toBe('OK')
    expect(await server.send('HMSETIF user name Ada name Bob')).toBe('OK')
    expect(await server.send('HGET user name')).toBe('Bob')
    expect(await server.send('BITALLPOS nothing')).toBe('[]')
    expect(await server.send('GEOADD places 51.5 -0.12 London')).toBe('1')
    expect(await server.send('SCRIPT LOAD return(1+1)')).toBe('8e80cde3a931714ccff41581b5c4d8f817c37697')
    expect(await server.send('SCRIPTNAME SET two 8e80cde3a931714ccff41581b5c4d8f817c37697')).toBe('two')
    expect(await server.send('EVALNAME two 0')).toBe('2')
    expect(await server.send('INFO server')).toContain('loaded_modules:6')
  })
})

describe('loading while it runs', () => {
  test('MODULE LOAD, LIST and UNLOAD', async () => {
    const server = await start({ files: { 'greeter.ts': answering('hello') } })
    expect(await server.send('MODULE LIST')).toBe('[]')
    expect(await server.send('MODULE LOAD ./greeter.ts')).toBe('OK')
    expect(await server.send('MODULE LIST')).toBe(
      `[[name greeter ver 10000 path ${server.workspace.path('greeter.ts')} args []]]`,
    )
    expect(await server.send('COMMAND INFO greet')).toContain('[greet 1 [fast module] 0 0 0')
    expect(await server.send('MODULE UNLOAD greeter')).toBe('OK')
    expect(await server.send('MODULE LIST')).toBe('[]')
    expect(await server.send('GREET')).toContain("-ERR unknown command 'GREET'")
    expect(await server.send('MODULE UNLOAD greeter')).toBe(
      '-ERR Error unloading module: no such module with that name',
    )
  })

  test('CONFIG SET module-add, as it was in 2014; INFO modules tells of it', async () => {
    const server = await start({ files: { 'greeter.ts': answering('hello') } })
    expect(await server.send('CONFIG SET module-add ./greeter.ts')).toBe('OK')
    expect(await server.send('GREET')).toBe('hello')
    expect(await server.send('CONFIG GET module-add')).toBe('[module-add ./greeter.ts]')
    const [, first, last] =
      /module_greeter:filename=.*greeter\.ts,compiled_against=\^1,module_version=1\.0\.0,first_loaded=(\d+),last_loaded=(\d+),commands=greet/.exec(
        await server.send('INFO modules'),
      ) ?? []
    expect(last).toBe(first)
    server.workspace.write('greeter.ts', answering('hello again'))
    expect(await server.send('CONFIG SET module-add ./greeter.ts')).toBe('OK')
    expect(await server.send('GREET')).toBe('hello again')
    expect(await server.send('INFO modules')).toContain(`first_loaded=${first},`)
    expect(await server.send('INFO modules')).toContain('module_<builtin>:')
    expect(await server.send('INFO server')).toContain('loaded_modules:1')
  })

  test('a load that fails answers where the mistake is, and changes nothing', async () => {
    const server = await start({
      args: ['--module-add', './greeter.ts'],
      files: {
        'greeter.ts': answering('hello'),
        'syntax.ts': 'export default {\n  name: }\n',
        'async.ts': answering('x', { command: 'ping' }).replace(
          'commands: [answers] })',
          'commands: [answers], async load() {} })',
        ),
      },
    })
    const before = await server.send('INFO modules')
    expect(await server.send('MODULE LOAD ./syntax.ts')).toBe(
      '-ERR Error loading the extension [./syntax.ts]: syntax.ts:2:9: Unexpected "}"',
    )
    expect(await server.send('MODULE LOAD ./nothing.ts')).toContain('nothing.ts: no such file or folder')
    const load = answering('x', { command: 'ping' }).replace(
      'commands: [answers] })',
      "commands: [answers], load() { throw new Error('not today') } })",
    )
    server.workspace.write('load.ts', load)
    const column = load.split('\n')[4]?.indexOf('new Error')
    expect(await server.send('MODULE LOAD ./load.ts')).toBe(
      `-ERR Error loading the extension [./load.ts]: load.ts:5:${Number(column) + 1}: not today`,
    )
    expect(await server.send('MODULE LOAD ./async.ts')).toContain('async.ts:5:16: load: must be a plain function')
    expect(await server.sendWords('CONFIG', 'SET', 'module-add', './syntax.ts')).toContain(
      "-ERR CONFIG SET failed (possibly related to argument 'module-add') - ",
    )
    expect(await server.send('PING')).toBe('PONG')
    expect(await server.send('GREET')).toBe('hello')
    expect(await server.send('INFO modules')).toBe(before)
    expect(await server.send('CONFIG GET module-add')).toBe('[module-add ./greeter.ts]')
  })

  test('a module is loaded while others are being served', async () => {
    const server = await start({ files: { 'greeter.ts': answering('hello') } })
    const [loader, other] = [await server.connect(), await server.connect()]
    const order: string[] = []
    const loaded = loader.send('MODULE', 'LOAD', './greeter.ts').then(() => order.push('loaded'))
    // Whoever loads waits for it, in order; everybody else goes on.
    const after = loader.send('GREET').then(() => order.push('greeted'))
    const pings = Array.from({ length: 3 }, () => other.send('PING'))
    await Promise.all(pings).then(() => order.push('pinged'))
    await Promise.all([loaded, after])
    expect(order).toEqual(['pinged', 'loaded', 'greeted'])
  })

  test('enable-module-command no: nobody loads over the network', async () => {
    const server = await start({ args: ['--enable-module-command', 'no'], files: { 'greeter.ts': answering('hello') } })
    expect(await server.send('MODULE LOAD ./greeter.ts')).toContain('-ERR MODULE command not allowed.')
    expect(await server.send('GREET')).toContain('-ERR unknown command')
  })
})

describe('versions', () => {
  const future = answering('from the future').replace("'^1'", "'^2'")

  test('a module for another version is not loaded', async () => {
    const server = await start({ files: { 'greeter.ts': future } })
    expect(await server.send('MODULE LOAD ./greeter.ts')).toContain(
      `-ERR Error loading the extension [./greeter.ts]: greeter.ts:5:16: it requires version ^2 of krmt/module, and this is ${interfaceVersion}; `,
    )
    expect(server.log).toContain(
      `# [./greeter.ts] version mismatch. Module was compiled against ^2, but we are ${interfaceVersion}.`,
    )
    expect(server.log).toContain("# Not loading [./greeter.ts] because 'module-strict' is enabled.")
  })

  test('unless module-strict is off', async () => {
    const server = await start({
      args: ['--module-strict', 'no', '--module-add', './greeter.ts'],
      files: { 'greeter.ts': future },
    })
    expect(await server.send('GREET')).toBe('from the future')
    expect(server.log).toContain(
      '# Strict version enforcement is disabled. Loading [./greeter.ts] but undefined behavior may occur.',
    )
    expect(await server.send('CONFIG SET module-strict yes')).toBe('OK')
    expect(await server.send('MODULE LOAD ./greeter.ts')).toContain('-ERR Error loading the extension')
    expect(await server.send('GREET')).toBe('from the future')
  })

  test('at the start it stops the server, as any module that cannot be loaded', async () => {
    krmt = spawnKrmt({ args: ['--module-add', './greeter.ts'], files: { 'greeter.ts': future } })
    expect(await krmt.ended).toEqual({ code: 1, signal: null })
    expect(krmt.log).toContain("# Not loading [./greeter.ts] because 'module-strict' is enabled.")
    expect(krmt.log).toContain('server aborting')
  })
})

describe('arguments to a module', () => {
  const polite = answering('x')
    .replace("'krmt/module'\n", "'krmt/module'\nimport { t } from 'krmt/module'\n")
    .replace('const answers = command', 'const answers = (greeting: string) => command')
    .replace("'x'", 'greeting')
    .replace(
      'commands: [answers]',
      "options: { greeting: t.optional(t.oneOf('hello', 'salut'), 'hello') }, commands: ({ greeting }) => [answers(greeting)]",
    )

  test('from the command line, the file, MODULE LOAD, LOADEX and CONFIG SET', async () => {
    const server = await start({
      args: ['krmt.conf'],
      files: { 'greeter.ts': polite, 'krmt.conf': 'module-add ./greeter.ts greeting salut\n' },
    })
    expect(await server.send('GREET')).toBe('salut')
    expect(await server.send('MODULE LOAD ./greeter.ts')).toBe('OK')
    expect(await server.send('GREET')).toBe('hello')
    expect(await server.send('MODULE LOAD ./greeter.ts greeting salut')).toBe('OK')
    expect(await server.send('GREET')).toBe('salut')
    expect(await server.send('MODULE LIST')).toContain('args [greeting salut]')
    expect(await server.send('MODULE LOADEX ./greeter.ts ARGS greeting hello')).toBe('OK')
    expect(await server.send('GREET')).toBe('hello')
    expect(await server.sendWords('CONFIG', 'SET', 'module-add', './greeter.ts GREETING SALUT')).toBe('OK')
    expect(await server.send('GREET')).toBe('salut')
    expect(await server.send('MODULE LOAD ./greeter.ts greeting hi')).toContain(
      "-ERR Error loading the extension [./greeter.ts]: option 'greeting' of module greeter cannot be 'hi'",
    )
    expect(await server.send('MODULE LOAD ./greeter.ts volume 11')).toContain(
      "module greeter has no option 'volume': it has greeting",
    )
    expect(await server.send('GREET')).toBe('salut')
  })

  test('and are kept by CONFIG REWRITE', async () => {
    const server = await start({
      args: ['krmt.conf'],
      files: { 'greeter.ts': polite, 'krmt.conf': '# ours\nport 0\n' },
    })
    expect(await server.send('MODULE LOAD ./greeter.ts greeting salut')).toBe('OK')
    expect(await server.send('CONFIG REWRITE')).toBe('OK')
    const { readFileSync } = await import('node:fs')
    expect(readFileSync(server.workspace.path('krmt.conf'), 'utf8')).toContain(
      'module-add ./greeter.ts greeting salut\n',
    )
  })
})

describe('commands that replace others', () => {
  const ping = (name: string) => answering(name, { name, command: 'ping' })
  const files = { 'one.ts': ping('one'), 'two.ts': ping('two') }

  test('a built-in one is given back', async () => {
    const server = await start({ args: ['--module-add', './one.ts'], files })
    expect(server.log).toContain('Replaced existing command ping [./one.ts]')
    expect(await server.send('PING')).toBe('one')
    expect(await server.send('MODULE UNLOAD one')).toBe('OK')
    expect(await server.send('PING')).toBe('PONG')
    expect(server.log).toContain('Restored command ping [<builtin>]')
  })

  test.each([
    [
      ['two', 'one'],
      ['one', 'PONG'],
    ],
    [
      ['one', 'two'],
      ['two', 'PONG'],
    ],
  ])('unloaded in the order %j, they answer %j', async (order, answers) => {
    const server = await start({ args: ['--module-add', './one.ts', '--module-add', './two.ts'], files })
    expect(await server.send('PING')).toBe('two')
    for (const [index, name] of order.entries()) {
      expect(await server.send(`MODULE UNLOAD ${name}`)).toBe('OK')
      expect(await server.send('PING')).toBe(answers[index])
    }
  })

  test('a reload of the one below does not come to the top', async () => {
    const server = await start({ args: ['--module-add', './one.ts', '--module-add', './two.ts'], files })
    expect(await server.send('MODULE LOAD ./one.ts')).toBe('OK')
    expect(await server.send('PING')).toBe('two')
    expect(await server.send('MODULE UNLOAD two')).toBe('OK')
    expect(await server.send('PING')).toBe('one')
  })
})

describe('load and cleanup', () => {
  test('the state goes from version to version, and at the end to cleanup', async () => {
    const server = await start({ args: ['dev', './greeter.ts'], files: { 'greeter.ts': counting('one') } })
    server.workspace.write('greeter.ts', counting('two'))
    await server.logged('* Replaced existing command greet [./greeter.ts]')
    await server.logged('* Running cleanup function for [./greeter.ts] module.')
    await server.logged('* cleanup of load number 1')
    await server.logged('* Closed previous [./greeter.ts] module.')
    expect(server.log).toContain('* Running load function of module [./greeter.ts].')
    expect(server.log).toContain('* load number 2')
    server.kill('SIGTERM')
    await server.logged('# Received SIGTERM scheduling shutdown...')
    await server.logged('* cleanup of load number 2')
    await server.logged('bye bye')
    expect(await server.ended).toEqual({ code: 0, signal: null })
  })

  test('SHUTDOWN and SIGINT clean up too, last loaded first', async () => {
    for (const end of ['SHUTDOWN', 'SIGINT'] as const) {
      const server = await start({
        args: ['--module-add', './greeter.ts', '--module-add', 'poong'],
        files: { 'greeter.ts': counting('hello') },
      })
      if (end === 'SIGINT') server.kill(end)
      else await server.send(end).catch(() => {})
      await server.logged('poong says goodbye')
      await server.logged('cleanup of load number 1')
      expect(await server.ended).toEqual({ code: 0, signal: null })
      server.workspace.remove()
    }
  })

  test('a cleanup that throws is logged with its line, and the module is gone all the same', async () => {
    const server = await start({
      files: { 'greeter.ts': counting('hello').replace(/log\.notice\(`cleanup.*/, "throw new Error('stuck')") },
    })
    expect(await server.send('MODULE LOAD ./greeter.ts')).toBe('OK')
    expect(await server.send('MODULE UNLOAD greeter')).toBe('OK')
    await server.logged('Error in the cleanup function of module [./greeter.ts]: Error: stuck')
    expect(await server.logged(/^ +at /)).toContain(`${server.workspace.path('greeter.ts')}:16:11`)
    expect(await server.send('MODULE LIST')).toBe('[]')
  })
})

describe('errors of a running module', () => {
  test('in a command: an error reply, and the stack in the log points into the .ts', async () => {
    const text = answering('x').replace("reply.status('x')", "{\n  throw new TypeError('no luck')\n}")
    const server = await start({ args: ['--module-add', './greeter.ts'], files: { 'greeter.ts': text } })
    expect(await server.send('GREET')).toBe("-ERR internal error in 'greet': no luck")
    await server.logged("# Error in command 'greet' [greeter]: TypeError: no luck")
    expect(await server.logged(/^ +at /)).toContain(`${server.workspace.path('greeter.ts')}:4:9`)
    expect(await server.send('PING')).toBe('PONG')
  })

  test.each([
    ['timer', "setTimeout(() => {\n  throw new Error('tick')\n}, 1)\n", '5:9'],
    ['promise', "Promise.resolve().then(() => {\n  throw new Error('tick')\n})\n", '5:9'],
  ])('in a %s of its own: logged, and the server goes on', async (_, code, at) => {
    const server = await start({ files: { 'greeter.ts': answering('hello').replace('\nexport', `${code}\nexport`) } })
    expect(await server.send('MODULE LOAD ./greeter.ts')).toBe('OK')
    await server.logged('# Uncaught error: Error: tick')
    expect(await server.logged(/^ +at /)).toContain(`${server.workspace.path('greeter.ts')}:${at}`)
    expect(await server.send('GREET')).toBe('hello')
  })

  test('timers end with the version that has set them', async () => {
    const ticking = (tick: string, options = {}) =>
      answering(tick, options).replace('\nexport', `setInterval(() => console.log('tick of ${tick}'), 1)\nexport`)
    const server = await start({
      args: ['dev', './greeter.ts', './other.ts'],
      files: { 'greeter.ts': ticking('one'), 'other.ts': ticking('another', { name: 'other', command: 'other' }) },
    })
    // After as many ticks of another timer, which goes as fast, there would have been some.
    const ticksAgain = async (): Promise<boolean> => {
      const from = server.log.length
      for (let ticks = 0; ticks < 10; ticks++) await server.logged('tick of another')
      return /tick of (one|two)/.test(server.log.slice(from))
    }
    await server.logged('tick of one')
    server.workspace.write('greeter.ts', ticking('two').replace('console.log', 'void '))
    await server.logged('Closed previous')
    expect(await ticksAgain()).toBe(false)
    server.workspace.write('greeter.ts', ticking('two'))
    await server.logged('tick of two')
    expect(await server.send('MODULE UNLOAD greeter')).toBe('OK')
    await server.logged('Module greeter unloaded')
    expect(await ticksAgain()).toBe(false)
  })

  test('a command that asks for a timer is refused it', async () => {
    const text = answering('x').replace("reply.status('x')", "(setTimeout(() => {}, 1), reply.status('x'))")
    const server = await start({ args: ['--module-add', './greeter.ts'], files: { 'greeter.ts': text } })
    expect(await server.send('GREET')).toContain('setTimeout() cannot be used while a command runs')
  })
})
