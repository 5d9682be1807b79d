/** Names of what crosses between the main process and the preload script. */
export const PORT_CHANNEL = 'linchpin:request-port'
export const COMMAND_CHANNEL = 'linchpin:menu-command'
export const OPEN_STUDY_CHANNEL = 'linchpin:open-study'
