/** One of the hosts that a `DATABASE_URL` names. */
export interface DatabaseHost {
  readonly host: string
  readonly port: number
  /** The address with this host alone. */
  readonly url: string
}

const DEFAULT_PORT = 5432
/** The scheme with credentials, the hosts, and the rest. */
const SHAPE = /^(postgres(?:ql)?:\/\/(?:[^@/?]*@)?)([^/?]*)(.*)$/

/** The hosts of an address such as `postgresql://USER@A,B:5433/NAME?target_session_attrs=read-write`. */
export function listHosts(databaseUrl: string): DatabaseHost[] {
  const [, before = '', list = '', after = ''] = SHAPE.exec(databaseUrl) ?? []
  const rest = after.replace(/([?&])target_session_attrs=[^&]*&?/, '$1').replace(/[?&]$/, '')
  return list.split(',').map((each) => {
    const [, host = '', port = DEFAULT_PORT] = /^(.*?)(?::(\d+))?$/.exec(each) ?? []
    return { host, port: Number(port), url: `${before}${each}${rest}` }
  })
}
