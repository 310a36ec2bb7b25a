import { readFileSync } from 'node:fs'
import { toUtf8 } from '../bytes/bytes.js'
import { commandCommands } from '../commands/command.js'
import { configCommands } from '../commands/config.js'
import { infoCommands } from '../commands/info.js'
import { moduleCommands } from '../commands/module.js'
import { slowlogCommands } from '../commands/slowlog.js'
import type { Config } from '../config/config.js'
import { Engine, type EngineOptions } from '../engine/engine.js'
import { ReplyError } from '../errors.js'
import { ScriptTexts } from '../host/upstream/script-texts.js'
import { type AddressOptions, parseAddress } from '../upstream/address.js'
import { Upstream } from '../upstream/upstream.js'
import { Gateway } from './gateway.js'
import { GatewayModuleHost } from './module-host.js'

/** The commands of which a gateway answers a part itself. */
const commands = [...moduleCommands, ...commandCommands, ...configCommands, ...infoCommands, ...slowlogCommands]

/**
 * Makes a gateway in front of the upstream that the configuration names.
 *
 * @throws ReplyError that says what to change
 */
export async function openGateway(options: Omit<EngineOptions, 'builtins' | 'moduleHost'>): Promise<Gateway> {
  const { values } = options.config
  if (values.requirepass !== '') {
    throw new ReplyError(
      "ERR requirepass is for krmt's own data; in front of an upstream, clients authenticate as its users: leave it out",
    )
  }
  const address = parseAddress(toUtf8(values.upstream), addressOptions(options.config))
  const limits = { timeout: values['upstream-timeout'], connections: values['upstream-connections'] }
  const upstream = await Upstream.open(address, limits, false)
  let host: GatewayModuleHost | undefined
  const scripts = new ScriptTexts()
  const engine = new Engine({
    ...options,
    builtins: commands,
    moduleHost: of => {
      host = new GatewayModuleHost(of, scripts)
      return host
    },
  })
  const gateway = new Gateway(engine, upstream, scripts)
  await gateway.admission.look()
  if (host !== undefined) {
    host.callerOf = client => gateway.callerOf(client)
    host.explain = error => gateway.explain(error)
  }
  return gateway
}

function addressOptions({ values }: Config): AddressOptions {
  const given = (
    name: 'upstream-user' | 'upstream-password' | 'upstream-sentinel-user' | 'upstream-sentinel-password',
  ) => (values[name] === '' ? undefined : toUtf8(values[name]))
  const options = {
    username: given('upstream-user'),
    password: given('upstream-password'),
    sentinelUsername: given('upstream-sentinel-user'),
    sentinelPassword: given('upstream-sentinel-password'),
    tls: tlsOptions(values),
  }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

function tlsOptions(values: Config['values']): AddressOptions['tls'] {
  const name = toUtf8(values['upstream-tls-server-name'])
  const files = {
    ca: pem(values, 'upstream-tls-ca-cert-file'),
    cert: pem(values, 'upstream-tls-cert-file'),
    key: pem(values, 'upstream-tls-key-file'),
    servername: name === '' ? undefined : name,
  }
  const given = Object.entries(files).filter(([, value]) => value !== undefined)
  return given.length === 0 ? undefined : Object.fromEntries(given)
}

function pem(
  values: Config['values'],
  name: 'upstream-tls-ca-cert-file' | 'upstream-tls-cert-file' | 'upstream-tls-key-file',
): Buffer | undefined {
  const path = toUtf8(values[name])
  if (path === '') return undefined
  try {
    return readFileSync(path)
  } catch (error) {
    throw new ReplyError(`ERR ${name}: ${error instanceof Error ? error.message : error}`)
  }
}
