import type { Caller } from '../../commands/kit/context.ts'
import type { Instant } from '../../lifecycle/run/run.ts'
import { readClock } from '../../store/sql/clock.ts'
import { builder } from '../kit/builder.ts'
import { Role } from '../enums/runEnums.ts'

const ViewerRef = builder.objectRef<Caller>('Viewer').implement({
  description: 'The caller.',
  fields: (t) => ({
    principalId: t.exposeID('principalId', { description: 'The principal that the token belongs to.' }),
    name: t.exposeString('name', { description: 'Its name: the actor of what it does.' }),
    role: t.expose('role', { type: Role, description: 'What it may do.' }),
  }),
})

const ServerInfoRef = builder
  .objectRef<{ readonly version: string; readonly asOf: Instant }>('ServerInfo')
  .implement({
    description: 'The server that answers.',
    fields: (t) => ({
      version: t.exposeString('version', {
        description: 'The version of its package `pawl`, by semantic versioning.',
      }),
      asOf: t.expose('asOf', {
        type: 'DateTime',
        description: "The time of the database's clock, which leases follow.",
      }),
    }),
  })

builder.queryFields((t) => ({
  viewer: t.field({ type: ViewerRef, description: 'The caller.', resolve: (_, __, { caller }) => caller }),
  server: t.field({
    type: ServerInfoRef,
    description: 'The server that answers.',
    resolve: async (_, __, { version, commands }) => ({
      version,
      asOf: await readClock(commands.store.pool),
    }),
  }),
}))
