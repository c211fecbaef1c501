/**
 * Facts about the operations of the platform API that the product or its tests use: what each one
 * returns, with which error codes, which values its parameters take. The API Explorer of
 * https://developer.genesys.cloud shows them.
 */

export interface OperationFacts {
  method: 'GET' | 'POST';
  /** Values in braces stand for any path segment. */
  path: string;
  /** The type of the body of a 200. */
  returns: string;
  /** Query parameters; the values are those that a parameter is limited to. */
  query?: Record<string, { values?: readonly string[]; default?: unknown }>;
  /** Error codes beyond those of every operation. */
  codes?: Record<number, readonly string[]>;
  permissions?: readonly string[];
}

const words = (text: string) => text.split(' ');

/** What every operation may respond with instead, by status. */
export const COMMON_CODES: Record<number, readonly string[]> = {
  400: words(
    'bad.request constraint.validation invalid.date invalid.property invalid.query.param.value invalid.value response.entity.too.large',
  ),
  401: words('authentication.required bad.credentials ip.not.authorized'),
  403: words(
    'app.not.authorized.for.scope authz.policy.denied missing.any.division.permissions missing.any.permissions missing.division.permission missing.permissions not.authorized',
  ),
  404: words('not.found'),
  408: words('client.timeout'),
  409: words('request.conflict'),
  413: words('request.entity.too.large'),
  415: words('unsupported.media.type'),
  429: words('too.many.requests too.many.requests.retry.after'),
  500: words('internal.server.error'),
  503: words('service.unavailable'),
  504: words('authentication.request.timeout request.timeout'),
};

const CALL = '/api/v2/conversations/calls/{conversationId}';

const ADD_CODES = {
  400: ['client.failed.request', 'conversation.error.cannot.merge.alerting.conference'],
  403: ['conversation.error.forbidden.not.active.participant'],
  409: ['conversation.error.outbound.call.cannot.be.placed'],
  500: ['providerapi.error.station.no.active.edge'],
};

const EXPANSIONS = words(
  'routingStatus presence integrationPresence conversationSummary outOfOffice geolocation station authorization lasttokenissued authorization.unusedRoles team workPlanBidRanks externalContactsSettings groups customAttributes profileSkills certifications locations skills languages languagePreference employerInfo biography dateLastLogin dateWelcomeSent',
);

const USER_QUERY = {
  expand: { values: EXPANSIONS },
  integrationPresenceSource: { values: ['MicrosoftTeams', 'ZoomPhone', 'EightByEight'] },
  userCustomAttributeSchemaIds: {},
};

export const OPERATIONS: readonly OperationFacts[] = [
  {
    method: 'GET',
    path: '/api/v2/conversations/{conversationId}',
    returns: 'Conversation',
    permissions: ['conversation:communication:view'],
  },
  {
    method: 'GET',
    path: CALL,
    returns: 'CallConversation',
    codes: {
      400: ['conversation.error.no.common.user'],
      404: ['conversation.error.conversation.not.found'],
      500: ['conversation.error.media.failed', 'providerapi.error.no.station.for.edge'],
    },
  },
  {
    method: 'GET',
    path: '/api/v2/conversations/calls/maximumconferenceparties',
    returns: 'MaxParticipants',
  },
  {
    method: 'POST',
    path: `${CALL}/participants`,
    returns: 'Conversation',
    codes: { ...ADD_CODES, 400: [...ADD_CODES[400], 'not.a.user'] },
  },
  {
    method: 'POST',
    path: `${CALL}/participants/user/{userId}`,
    returns: 'Conversation',
    codes: ADD_CODES,
    permissions: ['conversation:agentlessCall:add'],
  },
  {
    method: 'GET',
    path: '/api/v2/users',
    returns: 'UserEntityListing',
    query: {
      ...USER_QUERY,
      pageSize: { default: 25 },
      pageNumber: { default: 1 },
      id: {},
      jabberId: {},
      sortOrder: { values: ['ascending', 'descending'] },
      state: { values: ['active', 'inactive', 'deleted', 'any'] },
    },
    codes: { 400: ['max.user.ids'], 404: ['general.resource.not.found'] },
  },
  {
    method: 'GET',
    path: '/api/v2/users/{userId}',
    returns: 'User',
    query: { ...USER_QUERY, state: { values: ['active', 'deleted'] } },
    codes: { 400: ['general.bad.request'], 404: ['general.resource.not.found'] },
  },
];

/** `Type.property`, and the values that it has. The SDK's types say no more than `string`. */
export const ENUMERATIONS: readonly (readonly [properties: string[], values: string[]])[] = [
  [['Conversation.recordingState'], words('ACTIVE PAUSED NONE')],
  [
    ['Conversation.state', 'CallMediaParticipant.state'],
    words(
      'alerting dialing contacting offering connected disconnected terminated converting uploading transmitting parked none',
    ),
  ],
  [['Participant.wrapupPrompt'], words('mandatory optional agentRequested timeout forcedTimeout')],
  [['Participant.screenRecordingState'], words('requested active paused stopped error timeout')],
  [['Participant.flaggedReason', 'CallMediaParticipant.flaggedReason'], words('general')],
  [
    ['Call.state', 'Call.initialState'],
    words(
      'alerting dialing contacting offering connected disconnected terminated converting uploading transmitting none',
    ),
  ],
  [
    [
      'Call.direction',
      'Callback.direction',
      'ConversationChat.direction',
      'Email.direction',
      'Message.direction',
      'CallMediaParticipant.direction',
    ],
    words('inbound outbound'),
  ],
  [
    [
      'Call.recordingState',
      'CallConversation.recordingState',
      'CallMediaParticipant.recordingState',
    ],
    words('none active paused'),
  ],
  [
    ['Call.disconnectType'],
    words(
      'endpoint endpoint.donotdisturb client system timeout transfer transfer.conference transfer.consult transfer.donotdisturb transfer.forward transfer.noanswer transfer.notavailable transport.failure error peer other spam uncallable',
    ),
  ],
  [
    [
      'Callback.state',
      'Callback.initialState',
      'Cobrowsesession.state',
      'Cobrowsesession.initialState',
    ],
    words('alerting dialing contacting offering connected disconnected terminated scheduled none'),
  ],
  [
    [
      'Callback.disconnectType',
      'Email.disconnectType',
      'Screenshare.disconnectType',
      'SocialExpression.disconnectType',
      'Video.disconnectType',
    ],
    words(
      'endpoint client system timeout transfer transfer.conference transfer.consult transfer.forward transfer.noanswer transfer.notavailable transport.failure error peer other spam uncallable',
    ),
  ],
  [
    [
      'ConversationChat.state',
      'ConversationChat.initialState',
      'Screenshare.state',
      'Screenshare.initialState',
      'SocialExpression.state',
      'Video.state',
      'Video.initialState',
    ],
    words('alerting dialing contacting offering connected disconnected terminated none'),
  ],
  [
    ['ConversationChat.disconnectType'],
    words(
      'endpoint client system transfer transfer.conference transfer.consult transfer.forward error peer other uncallable timeout',
    ),
  ],
  [
    ['Cobrowsesession.disconnectType'],
    words(
      'endpoint client system timeout transfer transfer.conference transfer.consult transfer.forward transport.failure error peer other spam uncallable',
    ),
  ],
  [
    ['Email.state', 'Email.initialState'],
    words('alerting connected disconnected none parked transmitting'),
  ],
  [['Message.state', 'Message.initialState'], words('alerting connected parked disconnected')],
  [
    ['Message.disconnectType'],
    words(
      'endpoint client system timeout transfer transfer.conference transfer.consult transfer.forward transfer.noanswer transfer.notavailable transport.failure error peer other spam uncallable inactivity session.expired takeover',
    ),
  ],
  [
    ['Message.type'],
    words(
      'apple facebook instagram kakao line open sms telegram twitter webmessaging whatsapp unknown',
    ),
  ],
  [
    ['InternalMessage.state', 'InternalMessage.initialState'],
    words('alerting connected disconnected'),
  ],
  [['InternalMessage.disconnectType'], words('client system peer transfer')],
  [
    ['ScreenMonitoring.initialState', 'ScreenMonitoring.state'],
    words('none connected disconnected'),
  ],
  [['ScreenMonitoring.disconnectType'], words('system')],
  [['ScreenMonitoring.monitoringType'], words('Unknown AgentLevel ConversationLevel')],
  [
    ['CallMediaParticipant.disconnectType'],
    words(
      'endpoint endpoint.donotdisturb client system transfer transfer.conference transfer.consult transfer.donotdisturb transfer.forward transfer.noanswer transfer.notavailable transport.failure error peer other spam inactivity session.expired takeover',
    ),
  ],
  [['User.state'], words('active inactive deleted')],
  [['RoutingStatus.status'], words('OFF_QUEUE IDLE INTERACTING NOT_RESPONDING COMMUNICATING')],
  [['Contact.mediaType'], words('PHONE EMAIL SMS')],
  [['Contact.type'], words('PRIMARY WORK WORK2 WORK3 WORK4 HOME MOBILE MAIN OTHER')],
];
