import type { ArgumentDoc } from '../registry/argument-doc.js'

/**
 * The arguments, as COMMAND DOCS of redis-server 7.0.15 tells them, of those commands whose syntax line reads otherwise
 * than Redis nests them. A differential test holds all of it to redis-server.
 */
export const argumentTrees: Readonly<Record<string, readonly ArgumentDoc[]>> = {
  'client|kill': [
    {
      name: 'filter',
      type: 'oneof',
      arguments: [
        { name: 'ip:port', type: 'string', deprecatedSince: '2.8.12' },
        {
          name: 'new-format',
          type: 'oneof',
          flags: ['multiple'],
          arguments: [
            { name: 'client-id', type: 'integer', token: 'ID', since: '2.8.12', flags: ['optional'] },
            {
              name: 'normal_master_slave_pubsub',
              type: 'oneof',
              token: 'TYPE',
              since: '2.8.12',
              flags: ['optional'],
              arguments: [
                { name: 'normal', type: 'pure-token', token: 'NORMAL' },
                { name: 'master', type: 'pure-token', token: 'MASTER', since: '3.2.0' },
                { name: 'slave', type: 'pure-token', token: 'SLAVE' },
                { name: 'replica', type: 'pure-token', token: 'REPLICA', since: '5.0.0' },
                { name: 'pubsub', type: 'pure-token', token: 'PUBSUB' },
              ],
            },
            { name: 'username', type: 'string', token: 'USER', flags: ['optional'] },
            { name: 'ip:port', type: 'string', token: 'ADDR', flags: ['optional'] },
            { name: 'ip:port', type: 'string', token: 'LADDR', since: '6.2.0', flags: ['optional'] },
            { name: 'yes/no', type: 'string', token: 'SKIPME', flags: ['optional'] },
          ],
        },
      ],
    },
  ],
  'client|list': [
    {
      name: 'normal_master_replica_pubsub',
      type: 'oneof',
      token: 'TYPE',
      since: '5.0.0',
      flags: ['optional'],
      arguments: [
        { name: 'normal', type: 'pure-token', token: 'NORMAL' },
        { name: 'master', type: 'pure-token', token: 'MASTER' },
        { name: 'replica', type: 'pure-token', token: 'REPLICA' },
        { name: 'pubsub', type: 'pure-token', token: 'PUBSUB' },
      ],
    },
    {
      name: 'id',
      type: 'block',
      token: 'ID',
      since: '6.2.0',
      flags: ['optional'],
      arguments: [{ name: 'client-id', type: 'integer', flags: ['multiple'] }],
    },
  ],
  'config|get': [
    { name: 'parameter', type: 'block', flags: ['multiple'], arguments: [{ name: 'parameter', type: 'string' }] },
  ],
  'module|loadex': [
    { name: 'path', type: 'string' },
    {
      name: 'configs',
      type: 'block',
      token: 'CONFIG',
      flags: ['optional', 'multiple', 'multiple_token'],
      arguments: [
        { name: 'name', type: 'string' },
        { name: 'value', type: 'string' },
      ],
    },
    {
      name: 'args',
      type: 'block',
      token: 'ARGS',
      flags: ['optional', 'multiple'],
      arguments: [{ name: 'arg', type: 'string' }],
    },
  ],
  psubscribe: [
    { name: 'pattern', type: 'block', flags: ['multiple'], arguments: [{ name: 'pattern', type: 'pattern' }] },
  ],
}
