/**
 * Prints the GraphQL schema to schema/schema.graphql:
 *
 *   tsx scripts/printSchema.ts [--check]
 *
 * With `--check` nothing is written; it fails where the file is not what would be printed.
 */
import { printSchema } from 'graphql'
import { schema } from '../src/graphql/schema.ts'
import { writeGenerated } from './writeGenerated.ts'

await writeGenerated('schema/schema.graphql', `${printSchema(schema)}\n`)
