import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { EventClass } from '../keyspace/events.js'
import type { End, List } from '../values/list.js'

/** Takes up to `count` elements, replies with an array of them, and tells of it. Returns how many there were. */
export function popMany(client: Client, key: ByteString, list: List, end: End, count: number): number {
  const { reply } = client
  const popped = Math.min(count, list.size)
  reply.array(popped)
  for (let i = 0; i < popped; i++) reply.bulk(list.pop(end)!)
  removed(client, key, list, end, popped)
  return popped
}

/** To be called once so many elements have been taken off an end: an empty list goes. */
export function removed(client: Client, key: ByteString, list: List, end: End, count: number): void {
  client.database.changed(key, EventClass.list, end === 'head' ? 'lpop' : 'rpop', count)
  if (list.size === 0) deleteEmpty(client, key)
}

/** Deletes the key of a list that has become empty. */
export function deleteEmpty({ database }: Client, key: ByteString): void {
  database.delete(key)
  database.event(EventClass.generic, 'del', key)
}
