import DataLoader from 'dataloader'
import type { Connection } from '../../store/sql/statement.ts'

/** A read that is sent once for all who ask in the same turn. */
type Read<Asked, Found> = (connection: Connection, asked: readonly Asked[]) => Promise<Found>

/** The ways of gathering reads, over one connection. */
export interface Loaders {
  /** Loads by id what a statement returns in any order; null for what it leaves out. */
  byId<T>(read: Read<string, readonly T[]>, idOf: (item: T) => string): DataLoader<string, T | null>
  /** Loads by owner the lists that a statement returns by owner; empty for one that it leaves out. */
  byOwner<T>(read: Read<string, ReadonlyMap<string, T[]>>): DataLoader<string, T[]>
  /** Loads by what is asked what a statement returns in the order asked. */
  inOrder<Asked, T>(read: Read<Asked, T[]>): DataLoader<Asked, T, string>
  /** Forgets what was loaded, in all of them. */
  clearAll(): void
}

/** Prepares to load through a connection that is opened when it is first needed. */
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
