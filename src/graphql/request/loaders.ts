import DataLoader from 'dataloader'
import type { Connection } from '../../store/sql/statement.ts'

/** A batched read: sent once for all requests of the same tick. */
type Read<Asked, Found> = (connection: Connection, asked: readonly Asked[]) => Promise<Found>

/** Ways of batching reads, over one connection. */
export interface Loaders {
  /** Loads by id with a statement that returns items in any order; null for missing ids. */
  byId<T>(read: Read<string, readonly T[]>, idOf: (item: T) => string): DataLoader<string, T | null>
  /** Loads lists by owner with a statement that returns them by owner; empty for missing owners. */
  byOwner<T>(read: Read<string, ReadonlyMap<string, T[]>>): DataLoader<string, T[]>
  /** Loads by request with a statement that returns results in the order of the requests. */
  inOrder<Asked, T>(read: Read<Asked, T[]>): DataLoader<Asked, T, string>
  /** Clears the caches of all loaders. */
  clearAll(): void
}

/** Prepares loaders that open their connection on first use. */
export function prepareLoaders(connection: () => Promise<Connection>): Loaders {
  const made: { clearAll(): unknown }[] = []
  function remember<L extends { clearAll(): unknown }>(loader: L): L {
    made.push(loader)
    return loader
  }
  return {
    byId: <T>(read: Read<string, readonly T[]>, idOf: (item: T) => string) =>
      remember(
        new DataLoader<string, T | null>(async (ids) => {
          const found = new Map((await read(await connection(), ids)).map((item) => [idOf(item), item]))
          return ids.map((id) => found.get(id) ?? null)
        }),
      ),
    byOwner: <T>(read: Read<string, ReadonlyMap<string, T[]>>) =>
      remember(
        new DataLoader<string, T[]>(async (owners) => {
          const found = await read(await connection(), owners)
          return owners.map((owner) => found.get(owner) ?? [])
        }),
      ),
    inOrder: <Asked, T>(read: Read<Asked, T[]>) =>
      remember(
        new DataLoader<Asked, T, string>(async (asked) => read(await connection(), asked), {
          cacheKeyFn: (asked) => JSON.stringify(asked),
        }),
      ),
    clearAll: () => made.forEach((loader) => loader.clearAll()),
  }
}
