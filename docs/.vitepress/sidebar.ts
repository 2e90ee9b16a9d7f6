import type { DefaultTheme } from 'vitepress'

/** The pages in the order in which a newcomer needs them. */
export const SIDEBAR: DefaultTheme.SidebarItem[] = [
  {
    text: 'Begin',
    items: [
      { text: 'Quickstart', link: '/quickstart' },
      { text: 'Concepts', link: '/concepts' },
      { text: 'Questions and answers', link: '/faq' },
      { text: 'Beside other tools', link: '/comparison' },
    ],
  },
  {
    text: 'Guides',
    items: [
      { text: 'Your own workflow', link: '/guides/own-workflow' },
      { text: 'An agent in shell', link: '/guides/shell-agent' },
      { text: 'Claude Code', link: '/guides/claude-code' },
      { text: 'Codex', link: '/guides/codex' },
      { text: 'Continuous integration', link: '/guides/ci' },
      { text: 'Approvals', link: '/guides/approvals' },
      { text: 'Worktrees', link: '/guides/worktrees' },
      { text: 'A page of yours', link: '/guides/react' },
    ],
  },
  {
    text: 'In production',
    items: [
      { text: 'Deployment', link: '/deployment' },
      { text: 'Operations', link: '/operations' },
      { text: 'Security', link: '/security' },
      { text: 'Performance', link: '/performance' },
    ],
  },
  {
    text: 'The parts',
    items: [
      { text: 'Command line', link: '/cli' },
      { text: 'Dashboard', link: '/dashboard' },
      { text: 'Workflows', link: '/workflows' },
      { text: 'Worker', link: '/worker' },
      { text: 'Agents', link: '/agents' },
      { text: 'What real agents can do', link: '/agents/abilities' },
      { text: 'Writing an adapter', link: '/writing-an-adapter' },
      { text: 'MCP', link: '/mcp' },
      { text: 'Protocol', link: '/protocol' },
      { text: 'Contract', link: '/contract' },
      { text: 'Recipes', link: '/recipes/' },
    ],
  },
  {
    text: 'Reference',
    items: [
      { text: 'Lifecycle and guarantees', link: '/lifecycle' },
      { text: 'Refusals', link: '/refusals' },
      { text: 'Commands', link: '/reference/commands' },
      { text: 'Settings', link: '/reference/settings' },
      { text: 'Workflow file', link: '/reference/workflow-file' },
      { text: 'Events', link: '/reference/events' },
      { text: 'GraphQL', link: '/reference/graphql' },
    ],
  },
  {
    text: 'Inside',
    collapsed: true,
    items: [
      { text: 'Architecture', link: '/architecture' },
      { text: 'Releasing', link: '/releasing' },
    ],
  },
]
