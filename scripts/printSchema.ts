/**
 * Prints the GraphQL schema to schema/schema.graphql:
 *
 * tsx scripts/printSchema.ts [--check]
 *
 * With `--check` nothing is written; it fails if the file is out of date.
 */
import { printSchema } from 'graphql'
import { schema } from '../src/graphql/schema.ts'
import { writeGenerated } from './writeGenerated.ts'

await writeGenerated('schema/schema.graphql', `${printSchema(schema)}\n`)
