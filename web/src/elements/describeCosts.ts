import { formatCost } from '@pawl/sdk'
import type { Usage } from '@pawl/sdk'

/** The costs in words; '' where none is known. */
export function describeCosts({ costs, lacks }: Pick<Usage, 'costs' | 'lacks'>): string {
  if (costs.length === 0) return ''
  return `${lacks.includes('COST') ? '≥ ' : ''}${costs.map(formatCost).join(' + ')}`
}
