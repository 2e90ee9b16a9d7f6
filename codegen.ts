import type { CodegenConfig } from '@graphql-codegen/cli'
import * as sdkDocuments from './scripts/sdkDocuments.ts'

/**
 * Types and documents of the SDK, from the printed schema and the hand-written operations. Documents are plain strings, so
 * that the built SDK carries no GraphQL parser.
 */
const config: CodegenConfig = {
  schema: 'schema/schema.graphql',
  documents: 'schema/operations/*.graphql',
  emitLegacyCommonJSImports: false,
  importExtension: '.ts',
  pluginLoader: (name: string) => (name === 'sdkDocuments' ? sdkDocuments : import(name)),
  generates: {
    'sdk/generated/graphql.ts': {
      plugins: ['typescript-operations', 'sdkDocuments'],
      config: {
        useTypeImports: true,
        skipTypename: true,
        arrayInputCoercion: false,
        enumType: 'string-literal',
        inlineFragmentTypes: 'combine',
        scalars: { ID: 'string', DateTime: 'string', JSON: '../kit/json.ts#JsonValue' },
      },
    },
  },
}

export default config
