import { arch, release, totalmem, type } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { fromUtf8 } from '../bytes/bytes.js'
import type { Engine } from '../engine/engine.js'
import type { Command } from '../registry/command.js'
import { KRMT_VERSION, REDIS_VERSION } from '../version.js'

/** The sections of INFO, in Redis's order, each as lines `name:value`. There are only values that are real. */
export const sections: ReadonlyMap<string, (engine: Engine) => string[]> = new Map([
  ['Server', server],
  ['Clients', clients],
  ['Memory', memory],
  ['Persistence', persistence],
  ['Stats', statistics],
  ['Replication', replication],
  ['CPU', cpu],
  ['Modules', engine => engine.modules.info()],
  ['Commandstats', ({ commands }) => commandStatistics(commands.commands())],
  ['Errorstats', errorStatistics],
  ['Cluster', () => ['cluster_enabled:0']],
  ['Keyspace', keyspace],
])

function server({ config, clock, startedAt, runId, modules }: Engine): string[] {
  const now = clock.now()
  const uptime = Math.max(0, Math.floor((now - startedAt) / 1000))
  const { port, hz } = config.values
  return [
    `redis_version:${REDIS_VERSION}`,
    `krmt_version:${KRMT_VERSION}`,
    'redis_git_sha1:00000000',
    'redis_git_dirty:0',
    'redis_mode:standalone',
    `os:${type()} ${release()} ${arch()}`,
    'arch_bits:64',
    'multiplexing_api:libuv',
    `node_version:${process.version}`,
    `process_id:${process.pid}`,
    'process_supervised:no',
    `run_id:${runId}`,
    `tcp_port:${port}`,
    `server_time_usec:${Math.floor(now * 1000)}`,
    `uptime_in_seconds:${uptime}`,
    `uptime_in_days:${Math.floor(uptime / 86_400)}`,
    `hz:${hz}`,
    `configured_hz:${hz}`,
    `lru_clock:${Math.floor(now / 1000) & 0xffffff}`,
    `executable:${fromUtf8(process.execPath)}`,
    `config_file:${config.file ?? ''}`,
    `loaded_modules:${modules.loaded.length}`,
  ]
}

function clients({ clients: all, config, pause }: Engine): string[] {
  let connected = 0
  let blocked = 0
  let input = 0
  let output = 0
  for (const { transport, waiting } of all.values()) {
    if (transport === undefined) continue
    connected++
    if (waiting) blocked++
    input = Math.max(input, transport.bufferedInput)
    output = Math.max(output, transport.bufferedOutput)
  }
  return [
    `connected_clients:${connected}`,
    `maxclients:${config.values.maxclients}`,
    `client_recent_max_input_buffer:${input}`,
    `client_recent_max_output_buffer:${output}`,
    `blocked_clients:${blocked}`,
    `paused_clients:${pause.waiting}`,
  ]
}

function memory({ config, stats, scripting: { functions } }: Engine): string[] {
  const used = stats.sampleMemory()
  const resident = process.memoryUsage.rss()
  return [
    ...withHuman('used_memory', used),
    ...withHuman('used_memory_rss', resident),
    ...withHuman('used_memory_peak', stats.peakMemory),
    `used_memory_peak_perc:${((used * 100) / stats.peakMemory).toFixed(2)}%`,
    ...withHuman('total_system_memory', totalmem()),
    ...withHuman('heap_limit', getHeapStatistics().heap_size_limit),
    `number_of_functions:${functions.functionCount}`,
    `number_of_libraries:${functions.libraryCount}`,
    `used_memory_vm_functions:${functions.memory.size}`,
    `used_memory_functions:${functions.size}`,
    ...withHuman('maxmemory', 0),
    `maxmemory_policy:${config.values['maxmemory-policy']}`,
    `mem_fragmentation_ratio:${(resident / used).toFixed(2)}`,
    `mem_fragmentation_bytes:${resident - used}`,
    `mem_allocator:v8-${process.versions.v8}`,
  ]
}

/** Nothing is kept on disk, which is what these say. */
function persistence({ keyspace: { changes }, startedAt }: Engine): string[] {
  return [
    'loading:0',
    'async_loading:0',
    `rdb_changes_since_last_save:${changes}`,
    'rdb_bgsave_in_progress:0',
    `rdb_last_save_time:${Math.floor(startedAt / 1000)}`,
    'rdb_last_bgsave_status:ok',
    'rdb_last_bgsave_time_sec:-1',
    'rdb_current_bgsave_time_sec:-1',
    'aof_enabled:0',
    'aof_rewrite_in_progress:0',
    'aof_rewrite_scheduled:0',
  ]
}

function statistics({ stats, keyspace: keys, pubsub }: Engine): string[] {
  return [
    `total_connections_received:${stats.connections}`,
    `total_commands_processed:${stats.commands}`,
    `instantaneous_ops_per_sec:${stats.rate.perSecond}`,
    `total_net_input_bytes:${stats.inputBytes}`,
    `total_net_output_bytes:${stats.outputBytes}`,
    `instantaneous_input_kbps:${(stats.inputRate.perSecond / 1024).toFixed(2)}`,
    `instantaneous_output_kbps:${(stats.outputRate.perSecond / 1024).toFixed(2)}`,
    `rejected_connections:${stats.rejectedConnections}`,
    `expired_keys:${keys.expired}`,
    'evicted_keys:0',
    `keyspace_hits:${keys.hits}`,
    `keyspace_misses:${keys.misses}`,
    `pubsub_channels:${pubsub.channels.size}`,
    `pubsub_patterns:${pubsub.patterns.size}`,
    `pubsubshard_channels:${pubsub.shardChannels.size}`,
    `total_error_replies:${stats.errorReplies}`,
  ]
}

function replication({ runId }: Engine): string[] {
  return [
    'role:master',
    'connected_slaves:0',
    'master_failover_state:no-failover',
    `master_replid:${runId}`,
    `master_replid2:${'0'.repeat(40)}`,
    'master_repl_offset:0',
    'second_repl_offset:-1',
    'repl_backlog_active:0',
  ]
}

function cpu(): string[] {
  const { system, user } = process.cpuUsage()
  return [`used_cpu_sys:${(system / 1e6).toFixed(6)}`, `used_cpu_user:${(user / 1e6).toFixed(6)}`]
}

/** Of those that have been called; subcommands by themselves. */
export function commandStatistics(commands: Iterable<Command>): string[] {
  const lines: string[] = []
  const add = ({ fullName, stats }: Command): void => {
    const { calls, microseconds, rejected, failed } = stats
    if (calls + rejected + failed === 0) return
    lines.push(
      `cmdstat_${fullName}:calls=${calls},usec=${Math.round(microseconds)},` +
        `usec_per_call=${(calls === 0 ? 0 : microseconds / calls).toFixed(2)},` +
        `rejected_calls=${rejected},failed_calls=${failed}`,
    )
  }
  for (const command of commands) {
    add(command)
    for (const subcommand of command.subcommands?.values() ?? []) add(subcommand)
  }
  return lines
}

function errorStatistics({ stats }: Engine): string[] {
  return [...stats.errors]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, count]) => `errorstat_${code}:count=${count}`)
}

function keyspace({ keyspace: { databases } }: Engine): string[] {
  return databases
    .filter(({ size }) => size > 0)
    .map(({ index, size, expiring, meanTtl }) => `db${index}:keys=${size},expires=${expiring},avg_ttl=${meanTtl}`)
}

function withHuman(name: string, bytes: number): string[] {
  return [`${name}:${bytes}`, `${name}_human:${human(bytes)}`]
}

/** `1.50M`, as Redis shows amounts. */
function human(bytes: number): string {
  const unit = UNITS.findIndex((_, i) => bytes < 1024 ** (i + 1))
  if (unit === 0) return `${bytes}B`
  return `${(bytes / 1024 ** unit).toFixed(2)}${UNITS[unit] ?? ''}`
}

const UNITS = ['B', 'K', 'M', 'G', 'T', 'P', 'E']
