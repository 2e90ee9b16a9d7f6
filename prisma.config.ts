import { defineConfig } from 'prisma/config'

/** For Prisma's own command line; the server itself migrates without it. */
const config = defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['DATABASE_URL'] ?? '' },
})

export default config
