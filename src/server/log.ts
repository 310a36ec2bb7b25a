import { appendFileSync } from 'node:fs'
import type { Clock } from '../engine/clock.js'
import type { Log } from '../engine/log.js'

/** The levels of redis-server, most talkative first, with the marks that its log lines bear. */
const LEVELS = { debug: '.', verbose: '-', notice: '*', warning: '#' } as const

export type LogLevel = keyof typeof LEVELS

export interface LogOptions {
  readonly clock: Clock
  /** The least level to write; asked at each message, since CONFIG SET changes it. `nothing` writes none. */
  readonly level: () => LogLevel | 'nothing'
  /** Where to append; empty is standard output. */
  readonly file: () => string
}

/** A log in the format of redis-server: `1234:M 28 Mar 2026 14:43:14.500 * message`. A message of several lines stays one entry. */
export function createLog({ clock, level, file }: LogOptions): Log {
  const names = Object.keys(LEVELS) as LogLevel[]
  const write = (of: LogLevel, message: string): void => {
    const least = level()
    if (least === 'nothing' || names.indexOf(of) < names.indexOf(least)) return
    const line = `${process.pid}:M ${timestamp(clock.now())} ${LEVELS[of]} ${message}\n`
    const path = file()
    if (path === '') process.stdout.write(line, 'latin1')
    else appendFileSync(path, line, 'latin1')
  }
  return {
    debug: message => write('debug', message),
    verbose: message => write('verbose', message),
    notice: message => write('notice', message),
    warning: message => write('warning', message),
  }
}

/** `28 Mar 2026 14:43:14.500`, in local time. */
function timestamp(now: number): string {
  const date = new Date(now)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${two(date.getDate())} ${MONTHS[date.getMonth()]} ${date.getFullYear()}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${day} ${time}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const
