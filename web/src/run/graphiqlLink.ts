/** The address of GraphiQL with a query for the run. */
export function graphiqlLink(runId: string): string {
  const query = `query Run {
  run(id: ${JSON.stringify(runId)}) {
    id title status reason outcome nextAction allowedCommands epoch revision round
    workflow { name version }
    lease { owner fence expiresAt isLive }
    phases { key status attempts nextPhases }
    missingEvidence { kind phase detail }
    events(last: 100) { nodes { seq at type actor { name } summary } }
    executions(first: 20) { edges { node { id command end exitCode outcome } } }
    artifacts(first: 20) { edges { node { id path isValid sha256 } } }
    approvals(first: 20) { edges { node { id gate status question digest } } }
  }
}
`
  return `/graphql?query=${encodeURIComponent(query)}`
}
