import graphql from '@graphql-eslint/eslint-plugin'

/** What ESLint reads of the schema: that all of it is described and named alike, and follows Relay's specifications. */
export default [
  {
    files: ['schema/schema.graphql'],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: 'schema/schema.graphql' } },
    },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      // described are also fields, values and inputs
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          DirectiveDefinition: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
        },
      ],
      // values, such as a time or an event, have no id of their own
      '@graphql-eslint/strict-id-in-types': 'off',
      // a list without pages is bounded, which test/unit/graphql/lists.test.ts holds; events and entries are no nodes
      '@graphql-eslint/relay-edge-types': [
        'error',
        { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
      ],
    },
  },
]
