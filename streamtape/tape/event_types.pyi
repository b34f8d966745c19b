"""The events of known types, as type checkers see them; at run time each is an Event.

Written by tools/generate/event_types.py from the types that the SDKs of OpenAI and Anthropic
publish. `Interaction.events("response.output_text.delta")` gives events of the class that is named
here beside that type. Its fields are those of the payload, but for `index`, which is the event's
own; fields that the schema does not have can be read, too, and are Any.
"""

# ruff: noqa
# fmt: off

from collections.abc import Iterator
from typing import Any, Literal, NotRequired, Protocol, TypedDict, overload

from streamtape.tape.events import Event

class Response(TypedDict):
    id: str
    access_programs: NotRequired[AccessPrograms | None]
    created_at: float
    error: NotRequired[ResponseError | None]
    incomplete_details: NotRequired[IncompleteDetails | None]
    instructions: NotRequired[str | list[EasyInputMessage | Message | ResponseOutputMessage | ResponseFileSearchToolCall | ResponseComputerToolCall | ComputerCallOutput | ResponseFunctionWebSearch | ResponseFunctionToolCall | FunctionCallOutput | ToolSearchCall | ResponseToolSearchOutputItemParam | AdditionalTools | ResponseConfigurationUpdateItemParam | ResponseReasoningItem | ResponseCompactionItemParam | ImageGenerationCall | ResponseCodeInterpreterToolCall | LocalShellCall | LocalShellCallOutput | ShellCall | ShellCallOutput | ApplyPatchCall | ApplyPatchCallOutput | McpListTools | McpApprovalRequest | McpApprovalResponse | McpCall | ResponseCustomToolCallOutput | ResponseCustomToolCall | CompactionTrigger | ItemReference | Program | ProgramOutput] | None]
    metadata: NotRequired[dict[str, str] | None]
    model: str
    object: Literal['response']
    output: list[ResponseOutputMessage | ResponseFileSearchToolCall | ResponseFunctionToolCall | ResponseFunctionToolCallOutputItem | ResponseFunctionWebSearch | ResponseComputerToolCall | ResponseComputerToolCallOutputItem | ResponseReasoningItem | ResponseOutputItemProgram | ResponseOutputItemProgramOutput | ResponseToolSearchCall | ResponseToolSearchOutputItem | ResponseOutputItemAdditionalTools | ResponseCompactionItem | ResponseOutputItemImageGenerationCall | ResponseCodeInterpreterToolCall | ResponseOutputItemLocalShellCall | ResponseOutputItemLocalShellCallOutput | ResponseFunctionShellToolCall | ResponseFunctionShellToolCallOutput | ResponseApplyPatchToolCall | ResponseApplyPatchToolCallOutput | ResponseOutputItemMcpCall | ResponseOutputItemMcpListTools | ResponseOutputItemMcpApprovalRequest | ResponseOutputItemMcpApprovalResponse | ResponseCustomToolCall | ResponseCustomToolCallOutputItem]
    parallel_tool_calls: bool
    temperature: NotRequired[float | None]
    tool_choice: Literal['none', 'auto', 'required'] | ToolChoiceAllowed | ToolChoiceTypes | ToolChoiceFunction | ToolChoiceMcp | ToolChoiceCustom | ToolChoiceSpecificProgrammaticToolCallingParam | ToolChoiceApplyPatch | ToolChoiceShell
    tools: list[FunctionTool | FileSearchTool | ComputerTool | ComputerUsePreviewTool | WebSearchTool | Mcp | CodeInterpreter | ProgrammaticToolCalling | ImageGeneration | LocalShell | FunctionShellTool | CustomTool | NamespaceTool | ToolSearchTool | WebSearchPreviewTool | ApplyPatchTool]
    top_p: NotRequired[float | None]
    background: NotRequired[bool | None]
    completed_at: NotRequired[float | None]
    conversation: NotRequired[Conversation | None]
    image: NotRequired[Image | None]
    input_transformations: NotRequired[list[InputTransformation] | None]
    max_output_tokens: NotRequired[int | None]
    max_tool_calls: NotRequired[int | None]
    moderation: NotRequired[Moderation | None]
    previous_response_id: NotRequired[str | None]
    prompt: NotRequired[ResponsePrompt | None]
    prompt_cache_diagnostics: NotRequired[PromptCacheDiagnosticsCacheMiss | PromptCacheDiagnosticsCacheHit | PromptCacheDiagnosticsComparisonResponseNotFound | PromptCacheDiagnosticsUnavailable | None]
    prompt_cache_key: NotRequired[str | None]
    prompt_cache_options: NotRequired[PromptCacheOptions | None]
    prompt_cache_retention: NotRequired[Literal['in_memory', '24h'] | None]
    reasoning: NotRequired[ReasoningReasoning | None]
    safety_identifier: NotRequired[str | None]
    service_tier: NotRequired[Literal['auto', 'default', 'flex', 'scale', 'priority', 'fast', 'ultrafast'] | None]
    status: NotRequired[Literal['completed', 'failed', 'in_progress', 'cancelled', 'queued', 'incomplete'] | None]
    text: NotRequired[ResponseTextConfig | None]
    tool_usage: NotRequired[ToolUsage | None]
    top_logprobs: NotRequired[int | None]
    truncation: NotRequired[Literal['auto', 'disabled'] | None]
    usage: NotRequired[ResponseUsage | None]
    user: NotRequired[str | None]

class AccessPrograms(TypedDict):
    cyber: Literal['standard', 'daybreak_blue', 'daybreak_red']

class ResponseError(TypedDict):
    code: Literal['server_error', 'rate_limit_exceeded', 'invalid_prompt', 'data_residency_mismatch', 'bio_policy', 'misalignment_policy_violation', 'vector_store_timeout', 'invalid_image', 'invalid_image_format', 'invalid_base64_image', 'invalid_image_url', 'image_too_large', 'image_too_small', 'image_parse_error', 'image_content_policy_violation', 'invalid_image_mode', 'image_file_too_large', 'unsupported_image_media_type', 'empty_image_file', 'failed_to_download_image', 'image_file_not_found']
    message: str
    misalignment: NotRequired[Misalignment | None]
    param: NotRequired[str | None]
    type: NotRequired[str | None]

class Misalignment(TypedDict):
    detailed_explanation: NotRequired[str | None]
    error_type: NotRequired[str | None]
    review_target: NotRequired[str | None]
    steer: NotRequired[MisalignmentSteer | None]

class MisalignmentSteer(TypedDict):
    message: str

class IncompleteDetails(TypedDict):
    reason: NotRequired[Literal['max_output_tokens', 'max_messages', 'content_filter', 'steered'] | None]

class EasyInputMessage(TypedDict):
    content: str | list[ResponseInputText | ResponseInputImage | ResponseInputFile]
    role: Literal['user', 'assistant', 'system', 'developer']
    phase: NotRequired[Literal['commentary', 'final_answer'] | None]
    type: NotRequired[Literal['message'] | None]

class ResponseInputText(TypedDict):
    text: str
    type: Literal['input_text']
    prompt_cache_breakpoint: NotRequired[PromptCacheBreakpoint | None]

class PromptCacheBreakpoint(TypedDict):
    mode: Literal['explicit']
    ttl: NotRequired[Literal['30m', '12h'] | None]

class ResponseInputImage(TypedDict):
    detail: Literal['low', 'high', 'auto', 'original']
    type: Literal['input_image']
    file_id: NotRequired[str | None]
    image_url: NotRequired[str | None]
    prompt_cache_breakpoint: NotRequired[ResponseInputImagePromptCacheBreakpoint | None]

class ResponseInputImagePromptCacheBreakpoint(TypedDict):
    mode: Literal['explicit']
    ttl: NotRequired[Literal['30m', '12h'] | None]

class ResponseInputFile(TypedDict):
    type: Literal['input_file']
    detail: NotRequired[Literal['auto', 'low', 'high'] | None]
    file_data: NotRequired[str | None]
    file_id: NotRequired[str | None]
    file_url: NotRequired[str | None]
    filename: NotRequired[str | None]
    prompt_cache_breakpoint: NotRequired[ResponseInputFilePromptCacheBreakpoint | None]

class ResponseInputFilePromptCacheBreakpoint(TypedDict):
    mode: Literal['explicit']
    ttl: NotRequired[Literal['30m', '12h'] | None]

class Message(TypedDict):
    content: list[ResponseInputText | ResponseInputImage | ResponseInputFile]
    role: Literal['user', 'system', 'developer']
    status: NotRequired[Literal['in_progress', 'completed', 'incomplete'] | None]
    type: NotRequired[Literal['message'] | None]

class ResponseOutputMessage(TypedDict):
    id: str
    content: list[ResponseOutputText | ResponseOutputRefusal]
    role: Literal['assistant']
    status: Literal['in_progress', 'completed', 'incomplete']
    type: Literal['message']
    phase: NotRequired[Literal['commentary', 'final_answer'] | None]

class ResponseOutputText(TypedDict):
    annotations: list[AnnotationFileCitation | AnnotationURLCitation | AnnotationContainerFileCitation | AnnotationFilePath]
    text: str
    type: Literal['output_text']
    logprobs: NotRequired[list[Logprob] | None]

class AnnotationFileCitation(TypedDict):
    file_id: str
    filename: str
    index: int
    type: Literal['file_citation']

class AnnotationURLCitation(TypedDict):
    end_index: int
    start_index: int
    title: str
    type: Literal['url_citation']
    url: str

class AnnotationContainerFileCitation(TypedDict):
    container_id: str
    end_index: int
    file_id: str
    filename: str
    start_index: int
    type: Literal['container_file_citation']

class AnnotationFilePath(TypedDict):
    file_id: str
    index: int
    type: Literal['file_path']

class Logprob(TypedDict):
    token: str
    bytes: list[int]
    logprob: float
    top_logprobs: list[LogprobTopLogprob]

class LogprobTopLogprob(TypedDict):
    token: str
    bytes: list[int]
    logprob: float

class ResponseOutputRefusal(TypedDict):
    refusal: str
    type: Literal['refusal']

class ResponseFileSearchToolCall(TypedDict):
    id: str
    queries: list[str]
    status: Literal['in_progress', 'searching', 'completed', 'incomplete', 'failed']
    type: Literal['file_search_call']
    results: NotRequired[list[Result] | None]

class Result(TypedDict):
    attributes: NotRequired[dict[str, str | float | bool] | None]
    file_id: NotRequired[str | None]
    filename: NotRequired[str | None]
    score: NotRequired[float | None]
    text: NotRequired[str | None]

class ResponseComputerToolCall(TypedDict):
    id: str
    call_id: str
    pending_safety_checks: list[PendingSafetyCheck]
    status: Literal['in_progress', 'completed', 'incomplete']
    type: Literal['computer_call']
    action: NotRequired[ActionClick | ActionDoubleClick | ActionDrag | ActionKeypress | ActionMove | ActionScreenshot | ActionScroll | ActionType | ActionWait | None]
    actions: NotRequired[list[Click | DoubleClick | Drag | Keypress | Move | Screenshot | Scroll | Type | Wait] | None]

class PendingSafetyCheck(TypedDict):
    id: str
    code: NotRequired[str | None]
    message: NotRequired[str | None]

class ActionClick(TypedDict):
    button: Literal['left', 'right', 'wheel', 'back', 'forward']
    type: Literal['click']
    x: int
    y: int
    keys: NotRequired[list[str] | None]

class ActionDoubleClick(TypedDict):
    keys: NotRequired[list[str] | None]
    type: Literal['double_click']
    x: int
    y: int

class ActionDrag(TypedDict):
    path: list[ActionDragPath]
    type: Literal['drag']
    keys: NotRequired[list[str] | None]

class ActionDragPath(TypedDict):
    x: int
    y: int

class ActionKeypress(TypedDict):
    keys: list[str]
    type: Literal['keypress']

class ActionMove(TypedDict):
    type: Literal['move']
    x: int
    y: int
    keys: NotRequired[list[str] | None]

class ActionScreenshot(TypedDict):
    type: Literal['screenshot']

class ActionScroll(TypedDict):
    scroll_x: int
    scroll_y: int
    type: Literal['scroll']
    x: int
    y: int
    keys: NotRequired[list[str] | None]

class ActionType(TypedDict):
    text: str
    type: Literal['type']

class ActionWait(TypedDict):
    type: Literal['wait']

class Click(TypedDict):
    button: Literal['left', 'right', 'wheel', 'back', 'forward']
    type: Literal['click']
    x: int
    y: int
    keys: NotRequired[list[str] | None]

class DoubleClick(TypedDict):
    keys: NotRequired[list[str] | None]
    type: Literal['double_click']
    x: int
    y: int

class Drag(TypedDict):
    path: list[DragPath]
    type: Literal['drag']
    keys: NotRequired[list[str] | None]

class DragPath(TypedDict):
    x: int
    y: int

class Keypress(TypedDict):
    keys: list[str]
    type: Literal['keypress']

class Move(TypedDict):
    type: Literal['move']
    x: int
    y: int
    keys: NotRequired[list[str] | None]

class Screenshot(TypedDict):
    type: Literal['screenshot']

class Scroll(TypedDict):
    scroll_x: int
    scroll_y: int
    type: Literal['scroll']
    x: int
    y: int
    keys: NotRequired[list[str] | None]

class Type(TypedDict):
    text: str
    type: Literal['type']

class Wait(TypedDict):
    type: Literal['wait']

class ComputerCallOutput(TypedDict):
    call_id: str
    output: ResponseComputerToolCallOutputScreenshot
    type: Literal['computer_call_output']
    id: NotRequired[str | None]
    acknowledged_safety_checks: NotRequired[list[ComputerCallOutputAcknowledgedSafetyCheck] | None]
    status: NotRequired[Literal['in_progress', 'completed', 'incomplete'] | None]

class ResponseComputerToolCallOutputScreenshot(TypedDict):
    type: Literal['computer_screenshot']
    file_id: NotRequired[str | None]
    image_url: NotRequired[str | None]

class ComputerCallOutputAcknowledgedSafetyCheck(TypedDict):
    id: str
    code: NotRequired[str | None]
    message: NotRequired[str | None]

class ResponseFunctionWebSearch(TypedDict):
    id: str
    action: ActionSearch | ActionOpenPage | ActionFind
    status: Literal['in_progress', 'searching', 'completed', 'failed', 'incomplete']
    type: Literal['web_search_call']

class ActionSearch(TypedDict):
    type: Literal['search']
    queries: NotRequired[list[str] | None]
    query: NotRequired[str | None]
    sources: NotRequired[list[ActionSearchSource] | None]

class ActionSearchSource(TypedDict):
    type: Literal['url']
    url: str

class ActionOpenPage(TypedDict):
    type: Literal['open_page']
    url: NotRequired[str | None]

class ActionFind(TypedDict):
    pattern: str
    type: Literal['find_in_page']
    url: str

ResponseFunctionToolCall = TypedDict('ResponseFunctionToolCall', {'arguments': str, 'call_id': str, 'name': str, 'type': Literal['function_call'], 'id': NotRequired[str | None], 'async': NotRequired[bool | None], 'caller': NotRequired[CallerDirect | CallerProgram | None | None], 'namespace': NotRequired[str | None], 'status': NotRequired[Literal['in_progress', 'completed', 'incomplete'] | None]})

class CallerDirect(TypedDict):
    type: Literal['direct']

class CallerProgram(TypedDict):
    caller_id: str
    type: Literal['program']

class FunctionCallOutput(TypedDict):
    output: str | list[ResponseInputTextContent | ResponseInputImageContent | ResponseInputFileContent]
    type: Literal['function_call_output']
    id: NotRequired[str | None]
    call_id: NotRequired[str | None]
    caller: NotRequired[FunctionCallOutputCallerDirect | FunctionCallOutputCallerProgram | None | None]
    name: NotRequired[str | None]
    namespace: NotRequired[str | None]
    status: NotRequired[Literal['in_progress', 'completed', 'incomplete'] | None]

class ResponseInputTextContent(TypedDict):
    text: str
    type: Literal['input_text']
    prompt_cache_breakpoint: NotRequired[ResponseInputTextContentPromptCacheBreakpoint | None]

class ResponseInputTextContentPromptCacheBreakpoint(TypedDict):
    mode: Literal['explicit']
    ttl: NotRequired[Literal['30m', '12h'] | None]

class ResponseInputImageContent(TypedDict):
    type: Literal['input_image']
    detail: NotRequired[Literal['low', 'high', 'auto', 'original'] | None]
    file_id: NotRequired[str | None]
    image_url: NotRequired[str | None]
    prompt_cache_breakpoint: NotRequired[ResponseInputImageContentPromptCacheBreakpoint | None]

class ResponseInputImageContentPromptCacheBreakpoint(TypedDict):
    mode: Literal['explicit']
    ttl: NotRequired[Literal['30m', '12h'] | None]

class ResponseInputFileContent(TypedDict):
    type: Literal['input_file']
    detail: NotRequired[Literal['auto', 'low', 'high'] | None]
    file_data: NotRequired[str | None]
    file_id: NotRequired[str | None]
    file_url: NotRequired[str | None]
    filename: NotRequired[str | None]
    prompt_cache_breakpoint: NotRequired[ResponseInputFileContentPromptCacheBreakpoint | None]

class ResponseInputFileContentPromptCacheBreakpoint(TypedDict):
    mode: Literal['explicit']
    ttl: NotRequired[Literal['30m', '12h'] | None]

class FunctionCallOutputCallerDirect(TypedDict):
    type: Literal['direct']

class FunctionCallOutputCallerProgram(TypedDict):
    caller_id: str
    type: Literal['program']

class ToolSearchCall(TypedDict):
    arguments: Any
    type: Literal['tool_search_call']
    id: NotRequired[str | None]
    call_id: NotRequired[str | None]
    execution: NotRequired[Literal['server', 'client'] | None]
    status: NotRequired[Literal['in_progress', 'completed', 'incomplete'] | None]

class ResponseToolSearchOutputItemParam(TypedDict):
    tools: list[FunctionTool | FileSearchTool | ComputerTool | ComputerUsePreviewTool | WebSearchTool | ToolMcp | ToolCodeInterpreter | ToolProgrammaticToolCalling | ToolImageGeneration | ToolLocalShell | FunctionShellTool | CustomTool | ToolSearchOutputNamespaceTool | ToolSearchTool | WebSearchPreviewTool | ApplyPatchTool]
    type: Literal['tool_search_output']
    id: NotRequired[str | None]
    call_id: NotRequired[str | None]
    execution: NotRequired[Literal['server', 'client'] | None]
    status: NotRequired[Literal['in_progress', 'completed', 'incomplete'] | None]

FunctionTool = TypedDict('FunctionTool', {'name': str, 'parameters': NotRequired[dict[str, Any] | None], 'strict': NotRequired[bool | None], 'type': Literal['function'], 'allowed_callers': NotRequired[list[Literal['direct', 'programmatic']] | None], 'async': NotRequired[bool | None], 'defer_loading': NotRequired[bool | None], 'description': NotRequired[str | None], 'output_schema': NotRequired[dict[str, Any] | None]})

class FileSearchTool(TypedDict):
    type: Literal['file_search']
    vector_store_ids: list[str]
    filters: NotRequired[ComparisonFilter | CompoundFilter | None]
    max_num_results: NotRequired[int | None]
    ranking_options: NotRequired[RankingOptions | None]

class ComparisonFilter(TypedDict):
    key: str
    type: Literal['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'nin']
    value: str | float | bool | list[str | float]

class CompoundFilter(TypedDict):
    filters: list[ComparisonFilter | Any]
    type: Literal['and', 'or']

class RankingOptions(TypedDict):
    hybrid_search: NotRequired[RankingOptionsHybridSearch | None]
    ranker: NotRequired[Literal['auto', 'default-2024-11-15'] | None]
    score_threshold: NotRequired[float | None]

class RankingOptionsHybridSearch(TypedDict):
    embedding_weight: float
    text_weight: float

class ComputerTool(TypedDict):
    type: Literal['computer']

class ComputerUsePreviewTool(TypedDict):
    display_height: int
    display_width: int
    environment: Literal['windows', 'mac', 'linux', 'ubuntu', 'browser']
    type: Literal['computer_use_preview']

class WebSearchTool(TypedDict):
    type: Literal['web_search', 'web_search_2025_08_26']
    external_web_access: NotRequired[bool | None]
    filters: NotRequired[Filters | None]
    search_context_size: NotRequired[Literal['low', 'medium', 'high'] | None]
    user_location: NotRequired[UserLocation | None]

class Filters(TypedDict):
    allowed_domains: NotRequired[list[str] | None]

class UserLocation(TypedDict):
    city: NotRequired[str | None]
    country: NotRequired[str | None]
    region: NotRequired[str | None]
    timezone: NotRequired[str | None]
    type: NotRequired[Literal['approximate'] | None]

class ToolMcp(TypedDict):
    server_label: str
    type: Literal['mcp']
    allowed_callers: NotRequired[list[Literal['direct', 'programmatic']] | None]
    allowed_tools: NotRequired[list[str] | ToolMcpAllowedToolsMcpToolFilter | None]
    authorization: NotRequired[str | None]
    connector_id: NotRequired[Literal['connector_dropbox', 'connector_gmail', 'connector_googlecalendar', 'connector_googledrive', 'connector_microsoftteams', 'connector_outlookcalendar', 'connector_outlookemail', 'connector_sharepoint'] | None]
    defer_loading: NotRequired[bool | None]
    headers: NotRequired[dict[str, str] | None]
    require_approval: NotRequired[ToolMcpRequireApprovalMcpToolApprovalFilter | Literal['always', 'never'] | None]
    server_description: NotRequired[str | None]
    server_url: NotRequired[str | None]
    tunnel_id: NotRequired[str | None]

class ToolMcpAllowedToolsMcpToolFilter(TypedDict):
    read_only: NotRequired[bool | None]
    tool_names: NotRequired[list[str] | None]

class ToolMcpRequireApprovalMcpToolApprovalFilter(TypedDict):
    always: NotRequired[ToolMcpRequireApprovalMcpToolApprovalFilterAlways | None]
    never: NotRequired[ToolMcpRequireApprovalMcpToolApprovalFilterNever | None]

class ToolMcpRequireApprovalMcpToolApprovalFilterAlways(TypedDict):
    read_only: NotRequired[bool | None]
    tool_names: NotRequired[list[str] | None]

class ToolMcpRequireApprovalMcpToolApprovalFilterNever(TypedDict):
    read_only: NotRequired[bool | None]
    tool_names: NotRequired[list[str] | None]

class ToolCodeInterpreter(TypedDict):
    container: str | ToolCodeInterpreterContainerCodeInterpreterToolAuto
    type: Literal['code_interpreter']
    allowed_callers: NotRequired[list[Literal['direct', 'programmatic']] | None]

class ToolCodeInterpreterContainerCodeInterpreterToolAuto(TypedDict):
    type: Literal['auto']
    file_ids: NotRequired[list[str] | None]
    memory_limit: NotRequired[Literal['1g', '4g', '16g', '64g'] | None]
    network_policy: NotRequired[ContainerNetworkPolicyDisabled | ContainerNetworkPolicyAllowlist | None]

class ContainerNetworkPolicyDisabled(TypedDict):
    type: Literal['disabled']

class ContainerNetworkPolicyAllowlist(TypedDict):
    allowed_domains: list[str]
    type: Literal['allowlist']
    domain_secrets: NotRequired[list[ContainerNetworkPolicyDomainSecret] | None]

class ContainerNetworkPolicyDomainSecret(TypedDict):
    domain: str
    name: str
    value: str

class ToolProgrammaticToolCalling(TypedDict):
    type: Literal['programmatic_tool_calling']

class ToolImageGeneration(TypedDict):
    type: Literal['image_generation']
    action: NotRequired[Literal['generate', 'edit', 'auto'] | None]
    background: NotRequired[Literal['transparent', 'opaque', 'auto'] | None]
    complexity: NotRequired[Literal['low', 'medium', 'high'] | None]
    frame_count: NotRequired[int | None]
    frame_duration_ms: NotRequired[int | None]
    input_fidelity: NotRequired[Literal['high', 'low'] | None]
    input_image_mask: NotRequired[ToolImageGenerationInputImageMask | None]
    model: NotRequired[str | None]
    moderation: NotRequired[Literal['auto', 'low'] | None]
    output_compression: NotRequired[int | None]
    output_format: NotRequired[Literal['png', 'webp', 'jpeg', 'gif', 'svg'] | None]
    partial_images: NotRequired[int | None]
    quality: NotRequired[Literal['low', 'medium', 'high', 'xhigh', 'max', 'auto'] | None]
    size: NotRequired[str | None]
    svg: NotRequired[ToolImageGenerationSvg | None]

class ToolImageGenerationInputImageMask(TypedDict):
    file_id: NotRequired[str | None]
    image_url: NotRequired[str | None]

class ToolImageGenerationSvg(TypedDict):
    model: NotRequired[str | None]
    reasoning: NotRequired[ToolImageGenerationSvgReasoning | None]

class ToolImageGenerationSvgReasoning(TypedDict):
    effort: NotRequired[Literal['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] | None]

class ToolLocalShell(TypedDict):
    type: Literal['local_shell']

class FunctionShellTool(TypedDict):
    type: Literal['shell']
    allowed_callers: NotRequired[list[Literal['direct', 'programmatic']] | None]
    environment: NotRequired[ContainerAuto | LocalEnvironment | ContainerReference | None | None]

class ContainerAuto(TypedDict):
    type: Literal['container_auto']
    file_ids: NotRequired[list[str] | None]
    memory_limit: NotRequired[Literal['1g', '4g', '16g', '64g'] | None]
    network_policy: NotRequired[ContainerNetworkPolicyDisabled | ContainerNetworkPolicyAllowlist | None]
    skills: NotRequired[list[SkillReference | InlineSkill] | None]

class SkillReference(TypedDict):
    skill_id: str
    type: Literal['skill_reference']
    version: NotRequired[str | None]

class InlineSkill(TypedDict):
    description: str
    name: str
    source: InlineSkillSource
    type: Literal['inline']

class InlineSkillSource(TypedDict):
    data: str
    media_type: Literal['application/zip']
    type: Literal['base64']

class LocalEnvironment(TypedDict):
    type: Literal['local']
    skills: NotRequired[list[LocalSkill] | None]

class LocalSkill(TypedDict):
    description: str
    name: str
    path: str

class ContainerReference(TypedDict):
    container_id: str
    type: Literal['container_reference']

CustomTool = TypedDict('CustomTool', {'name': str, 'type': Literal['custom'], 'allowed_callers': NotRequired[list[Literal['direct', 'programmatic']] | None], 'async': NotRequired[bool | None], 'defer_loading': NotRequired[bool | None], 'description': NotRequired[str | None], 'format': NotRequired[Text | Grammar | None]})

class Text(TypedDict):
    type: Literal['text']

class Grammar(TypedDict):
    definition: str
    syntax: Literal['lark', 'regex']
    type: Literal['grammar']

class ToolSearchOutputNamespaceTool(TypedDict):
    description: str
    name: str
    tools: list[ToolFunction | CustomTool]
    type: Literal['namespace']

ToolFunction = TypedDict('ToolFunction', {'name': str, 'type': Literal['function'], 'allowed_callers': NotRequired[list[Literal['direct', 'programmatic']] | None], 'async': NotRequired[bool | None], 'defer_loading': NotRequired[bool | None], 'description': NotRequired[str | None], 'output_schema': NotRequired[dict[str, Any] | None], 'parameters': NotRequired[Any | None], 'strict': NotRequired[bool | None]})

class ToolSearchTool(TypedDict):
    type: Literal['tool_search']
    description: NotRequired[str | None]
    execution: NotRequired[Literal['server', 'client'] | None]
    parameters: NotRequired[Any | None]

class WebSearchPreviewTool(TypedDict):
    type: Literal['web_search_preview', 'web_search_preview_2025_03_11']
    search_content_types: NotRequired[list[Literal['text', 'image']] | None]
    search_context_size: NotRequired[Literal['low', 'medium', 'high'] | None]
    user_location: NotRequired[WebSearchPreviewToolUserLocation | None]

class WebSearchPreviewToolUserLocation(TypedDict):
    type: Literal['approximate']
    city: NotRequired[str | None]
    country: NotRequired[str | None]
    region: NotRequired[str | None]
    timezone: NotRequired[str | None]

class ApplyPatchTool(TypedDict):
    type: Literal['apply_patch']
    allowed_callers: NotRequired[list[Literal['direct', 'programmatic']] | None]

class AdditionalTools(TypedDict):
    role: Literal['developer']
    tools: list[FunctionTool | FileSearchTool | ComputerTool | ComputerUsePreviewTool | WebSearchTool | Mcp | CodeInterpreter | ProgrammaticToolCalling | ImageGeneration | LocalShell | FunctionShellTool | CustomTool | NamespaceTool | ToolSearchTool | WebSearchPreviewTool | ApplyPatchTool]
    type: Literal['additional_tools']
    id: NotRequired[str | None]

class Mcp(TypedDict):
    server_label: str
    type: Literal['mcp']
    allowed_callers: NotRequired[list[Literal['direct', 'programmatic']] | None]
    allowed_tools: NotRequired[list[str] | McpAllowedToolsMcpToolFilter | None]
    authorization: NotRequired[str | None]
    connector_id: NotRequired[Literal['connector_dropbox', 'connector_gmail', 'connector_googlecalendar', 'connector_googledrive', 'connector_microsoftteams', 'connector_outlookcalendar', 'connector_outlookemail', 'connector_sharepoint'] | None]
    defer_loading: NotRequired[bool | None]
    headers: NotRequired[dict[str, str] | None]
    require_approval: NotRequired[McpRequireApprovalMcpToolApprovalFilter | Literal['always', 'never'] | None]
    server_description: NotRequired[str | None]
    server_url: NotRequired[str | None]
    tunnel_id: NotRequired[str | None]

class McpAllowedToolsMcpToolFilter(TypedDict):
    read_only: NotRequired[bool | None]
    tool_names: NotRequired[list[str] | None]

class McpRequireApprovalMcpToolApprovalFilter(TypedDict):
    always: NotRequired[McpRequireApprovalMcpToolApprovalFilterAlways | None]
    never: NotRequired[McpRequireApprovalMcpToolApprovalFilterNever | None]

class McpRequireApprovalMcpToolApprovalFilterAlways(TypedDict):
    read_only: NotRequired[bool | None]
    tool_names: NotRequired[list[str] | None]

class McpRequireApprovalMcpToolApprovalFilterNever(TypedDict):
    read_only: NotRequired[bool | None]
    tool_names: NotRequired[list[str] | None]

class CodeInterpreter(TypedDict):
    container: str | CodeInterpreterContainerCodeInterpreterToolAuto
    type: Literal['code_interpreter']
    allowed_callers: NotRequired[list[Literal['direct', 'programmatic']] | None]

class CodeInterpreterContainerCodeInterpreterToolAuto(TypedDict):
    type: Literal['auto']
    file_ids: NotRequired[list[str] | None]
    memory_limit: NotRequired[Literal['1g', '4g', '16g', '64g'] | None]
    network_policy: NotRequired[ContainerNetworkPolicyDisabled | ContainerNetworkPolicyAllowlist | None]

class ProgrammaticToolCalling(TypedDict):
    type: Literal['programmatic_tool_calling']

class ImageGeneration(TypedDict):
    type: Literal['image_generation']
    action: NotRequired[Literal['generate', 'edit', 'auto'] | None]
    background: NotRequired[Literal['transparent', 'opaque', 'auto'] | None]
    complexity: NotRequired[Literal['low', 'medium', 'high'] | None]
    frame_count: NotRequired[int | None]
    frame_duration_ms: NotRequired[int | None]
    input_fidelity: NotRequired[Literal['high', 'low'] | None]
    input_image_mask: NotRequired[ImageGenerationInputImageMask | None]
    model: NotRequired[str | None]
    moderation: NotRequired[Literal['auto', 'low'] | None]
    output_compression: NotRequired[int | None]
    output_format: NotRequired[Literal['png', 'webp', 'jpeg', 'gif', 'svg'] | None]
    partial_images: NotRequired[int | None]
    quality: NotRequired[Literal['low', 'medium', 'high', 'xhigh', 'max', 'auto'] | None]
    size: NotRequired[str | None]
    svg: NotRequired[ImageGenerationSvg | None]

class ImageGenerationInputImageMask(TypedDict):
    file_id: NotRequired[str | None]
    image_url: NotRequired[str | None]

class ImageGenerationSvg(TypedDict):
    model: NotRequired[str | None]
    reasoning: NotRequired[ImageGenerationSvgReasoning | None]

class ImageGenerationSvgReasoning(TypedDict):
    effort: NotRequired[Literal['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] | None]

class LocalShell(TypedDict):
    type: Literal['local_shell']

class NamespaceTool(TypedDict):
    description: str
    name: str
    tools: list[NamespaceToolToolFunction | CustomTool]
    type: Literal['namespace']

NamespaceToolToolFunction = TypedDict('NamespaceToolToolFunction', {'name': str, 'type': Literal['function'], 'allowed_callers': NotRequired[list[Literal['direct', 'programmatic']] | None], 'async': NotRequired[bool | None], 'defer_loading': NotRequired[bool | None], 'description': NotRequired[str | None], 'output_schema': NotRequired[dict[str, Any] | None], 'parameters': NotRequired[Any | None], 'strict': NotRequired[bool | None]})

class ResponseConfigurationUpdateItemParam(TypedDict):
    type: Literal['configuration_update']
    id: NotRequired[str | None]
    reasoning: NotRequired[Reasoning | None]
    text: NotRequired[ResponseConfigurationUpdateItemParamText | None]

class Reasoning(TypedDict):
    effort: NotRequired[Literal['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] | None]

class ResponseConfigurationUpdateItemParamText(TypedDict):
    format: ResponseFormatText | ResponseFormatTextJSONSchemaConfig

class ResponseFormatText(TypedDict):
    type: Literal['text']

class ResponseFormatTextJSONSchemaConfig(TypedDict):
    name: str
    schema: dict[str, Any]
    type: Literal['json_schema']
    description: NotRequired[str | None]
    strict: NotRequired[bool | None]

class ResponseReasoningItem(TypedDict):
    id: str
    summary: list[Summary]
    type: Literal['reasoning']
    content: NotRequired[list[Content] | None]
    encrypted_content: NotRequired[str | None]
    status: NotRequired[Literal['in_progress', 'completed', 'incomplete'] | None]

class Summary(TypedDict):
    text: str
    type: Literal['summary_text']

class Content(TypedDict):
    text: str
    type: Literal['reasoning_text']

class ResponseCompactionItemParam(TypedDict):
    encrypted_content: str
    type: Literal['compaction']
    id: NotRequired[str | None]

class ImageGenerationCall(TypedDict):
    id: str
    result: NotRequired[str | None]
    status: Literal['in_progress', 'completed', 'generating', 'failed']
    type: Literal['image_generation_call']
    action: NotRequired[Literal['generate', 'edit', 'auto'] | None]
    background: NotRequired[Literal['transparent', 'opaque', 'auto'] | None]
    error: NotRequired[ImageGenerationCallError | None]
    output_format: NotRequired[Literal['png', 'webp', 'jpeg', 'gif', 'svg'] | None]
    quality: NotRequired[Literal['low', 'medium', 'high', 'xhigh', 'max', 'auto'] | None]
    revised_prompt: NotRequired[str | None]
    size: NotRequired[str | None]
    svg_usage: NotRequired[ImageGenerationCallSvgUsage | None]

class ImageGenerationCallError(TypedDict):
    code: NotRequired[str | None]
    message: str
    param: NotRequired[str | None]
    type: str
    moderation_details: NotRequired[ImageGenerationCallErrorModerationDetails | None]

class ImageGenerationCallErrorModerationDetails(TypedDict):
    categories: list[str]
    moderation_stage: Literal['input', 'output', 'unknown']

class ImageGenerationCallSvgUsage(TypedDict):
    input_tokens: int
    model: str
    output_tokens: int
    reasoning_tokens: int
    total_tokens: int

class ResponseCodeInterpreterToolCall(TypedDict):
    id: str
    code: NotRequired[str | None]
    container_id: str
    outputs: NotRequired[list[OutputLogs | OutputImage] | None]
    status: Literal['in_progress', 'completed', 'incomplete', 'interpreting', 'failed']
    type: Literal['code_interpreter_call']

class OutputLogs(TypedDict):
    logs: str
    type: Literal['logs']

class OutputImage(TypedDict):
    type: Literal['image']
    url: str

class LocalShellCall(TypedDict):
    id: str
    action: LocalShellCallAction
    call_id: str
    status: Literal['in_progress', 'completed', 'incomplete']
    type: Literal['local_shell_call']

class LocalShellCallAction(TypedDict):
    command: list[str]
    env: dict[str, str]
    type: Literal['exec']
    timeout_ms: NotRequired[int | None]
    user: NotRequired[str | None]
    working_directory: NotRequired[str | None]

class LocalShellCallOutput(TypedDict):
    id: str
    output: str
    type: Literal['local_shell_call_output']
    status: NotRequired[Literal['in_progress', 'completed', 'incomplete'] | None]

class ShellCall(TypedDict):
    action: ShellCallAction
    call_id: str
    type: Literal['shell_call']
    id: NotRequired[str | None]
    caller: NotRequired[ShellCallCallerDirect | ShellCallCallerProgram | None | None]
    environment: NotRequired[LocalEnvironment | ContainerReference | None | None]
    status: NotRequired[Literal['in_progress', 'completed', 'incomplete'] | None]

class ShellCallAction(TypedDict):
    commands: list[str]
    max_output_length: NotRequired[int | None]
    timeout_ms: NotRequired[int | None]

class ShellCallCallerDirect(TypedDict):
    type: Literal['direct']

class ShellCallCallerProgram(TypedDict):
    caller_id: str
    type: Literal['program']

class ShellCallOutput(TypedDict):
    call_id: str
    output: list[ResponseFunctionShellCallOutputContent]
    type: Literal['shell_call_output']
    id: NotRequired[str | None]
    caller: NotRequired[ShellCallOutputCallerDirect | ShellCallOutputCallerProgram | None | None]
    max_output_length: NotRequired[int | None]
    status: NotRequired[Literal['in_progress', 'completed', 'incomplete'] | None]

class ResponseFunctionShellCallOutputContent(TypedDict):
    outcome: OutcomeTimeout | OutcomeExit
    stderr: str
    stdout: str

class OutcomeTimeout(TypedDict):
    type: Literal['timeout']

class OutcomeExit(TypedDict):
    exit_code: int
    type: Literal['exit']

class ShellCallOutputCallerDirect(TypedDict):
    type: Literal['direct']

class ShellCallOutputCallerProgram(TypedDict):
    caller_id: str
    type: Literal['program']

class ApplyPatchCall(TypedDict):
    call_id: str
    operation: ApplyPatchCallOperationCreateFile | ApplyPatchCallOperationDeleteFile | ApplyPatchCallOperationUpdateFile
    status: Literal['in_progress', 'completed']
    type: Literal['apply_patch_call']
    id: NotRequired[str | None]
    caller: NotRequired[ApplyPatchCallCallerDirect | ApplyPatchCallCallerProgram | None | None]

class ApplyPatchCallOperationCreateFile(TypedDict):
    diff: str
    path: str
    type: Literal['create_file']

class ApplyPatchCallOperationDeleteFile(TypedDict):
    path: str
    type: Literal['delete_file']

class ApplyPatchCallOperationUpdateFile(TypedDict):
    diff: str
    path: str
    type: Literal['update_file']

class ApplyPatchCallCallerDirect(TypedDict):
    type: Literal['direct']

class ApplyPatchCallCallerProgram(TypedDict):
    caller_id: str
    type: Literal['program']

class ApplyPatchCallOutput(TypedDict):
    call_id: str
    status: Literal['completed', 'failed']
    type: Literal['apply_patch_call_output']
    id: NotRequired[str | None]
    caller: NotRequired[ApplyPatchCallOutputCallerDirect | ApplyPatchCallOutputCallerProgram | None | None]
    output: NotRequired[str | None]

class ApplyPatchCallOutputCallerDirect(TypedDict):
    type: Literal['direct']

class ApplyPatchCallOutputCallerProgram(TypedDict):
    caller_id: str
    type: Literal['program']

class McpListTools(TypedDict):
    id: str
    server_label: str
    tools: list[McpListToolsTool]
    type: Literal['mcp_list_tools']
    error: NotRequired[str | None]

class McpListToolsTool(TypedDict):
    input_schema: Any
    name: str
    annotations: NotRequired[Any | None]
    description: NotRequired[str | None]

class McpApprovalRequest(TypedDict):
    id: str
    arguments: str
    name: str
    server_label: str
    type: Literal['mcp_approval_request']

class McpApprovalResponse(TypedDict):
    approval_request_id: str
    approve: bool
    type: Literal['mcp_approval_response']
    id: NotRequired[str | None]
    reason: NotRequired[str | None]

class McpCall(TypedDict):
    id: str
    arguments: str
    name: str
    server_label: str
    type: Literal['mcp_call']
    approval_request_id: NotRequired[str | None]
    error: NotRequired[McpProtocolError | McpToolExecutionError | HTTPError | None]
    output: NotRequired[str | None]
    status: NotRequired[Literal['in_progress', 'completed', 'incomplete', 'calling', 'failed'] | None]

class McpProtocolError(TypedDict):
    code: int
    message: str
    type: Literal['mcp_protocol_error']

class McpToolExecutionError(TypedDict):
    content: Any
    type: Literal['mcp_tool_execution_error']

class HTTPError(TypedDict):
    code: int
    message: str
    type: Literal['http_error']

class ResponseCustomToolCallOutput(TypedDict):
    call_id: str
    output: str | list[ResponseInputText | ResponseInputImage | ResponseInputFile]
    type: Literal['custom_tool_call_output']
    id: NotRequired[str | None]
    caller: NotRequired[ResponseCustomToolCallOutputCallerDirect | ResponseCustomToolCallOutputCallerProgram | None | None]

class ResponseCustomToolCallOutputCallerDirect(TypedDict):
    type: Literal['direct']

class ResponseCustomToolCallOutputCallerProgram(TypedDict):
    caller_id: str
    type: Literal['program']

ResponseCustomToolCall = TypedDict('ResponseCustomToolCall', {'call_id': str, 'input': str, 'name': str, 'type': Literal['custom_tool_call'], 'id': NotRequired[str | None], 'async': NotRequired[bool | None], 'caller': NotRequired[ResponseCustomToolCallCallerDirect | ResponseCustomToolCallCallerProgram | None | None], 'namespace': NotRequired[str | None]})

class ResponseCustomToolCallCallerDirect(TypedDict):
    type: Literal['direct']

class ResponseCustomToolCallCallerProgram(TypedDict):
    caller_id: str
    type: Literal['program']

class CompactionTrigger(TypedDict):
    type: Literal['compaction_trigger']
    id: NotRequired[str | None]

class ItemReference(TypedDict):
    id: str
    type: NotRequired[Literal['item_reference'] | None]

class Program(TypedDict):
    id: str
    call_id: str
    code: str
    fingerprint: str
    type: Literal['program']

class ProgramOutput(TypedDict):
    id: str
    call_id: str
    result: str
    status: Literal['completed', 'incomplete']
    type: Literal['program_output']

class ResponseFunctionToolCallOutputItem(TypedDict):
    id: str
    output: str | list[ResponseInputText | ResponseInputImage | ResponseInputFile]
    status: Literal['in_progress', 'completed', 'incomplete']
    type: Literal['function_call_output']
    call_id: NotRequired[str | None]
    caller: NotRequired[ResponseFunctionToolCallOutputItemCallerDirect | ResponseFunctionToolCallOutputItemCallerProgram | None | None]
    created_by: NotRequired[str | None]
    name: NotRequired[str | None]
    namespace: NotRequired[str | None]

class ResponseFunctionToolCallOutputItemCallerDirect(TypedDict):
    type: Literal['direct']

class ResponseFunctionToolCallOutputItemCallerProgram(TypedDict):
    caller_id: str
    type: Literal['program']

class ResponseComputerToolCallOutputItem(TypedDict):
    id: str
    call_id: str
    output: ResponseComputerToolCallOutputScreenshot
    status: Literal['completed', 'incomplete', 'failed', 'in_progress']
    type: Literal['computer_call_output']
    acknowledged_safety_checks: NotRequired[list[AcknowledgedSafetyCheck] | None]
    created_by: NotRequired[str | None]

class AcknowledgedSafetyCheck(TypedDict):
    id: str
    code: NotRequired[str | None]
    message: NotRequired[str | None]

class ResponseOutputItemProgram(TypedDict):
    id: str
    call_id: str
    code: str
    fingerprint: str
    type: Literal['program']

class ResponseOutputItemProgramOutput(TypedDict):
    id: str
    call_id: str
    result: str
    status: Literal['completed', 'incomplete']
    type: Literal['program_output']

class ResponseToolSearchCall(TypedDict):
    id: str
    arguments: Any
    call_id: NotRequired[str | None]
    execution: Literal['server', 'client']
    status: Literal['in_progress', 'completed', 'incomplete']
    type: Literal['tool_search_call']
    created_by: NotRequired[str | None]

class ResponseToolSearchOutputItem(TypedDict):
    id: str
    call_id: NotRequired[str | None]
    execution: Literal['server', 'client']
    status: Literal['in_progress', 'completed', 'incomplete']
    tools: list[FunctionTool | FileSearchTool | ComputerTool | ComputerUsePreviewTool | WebSearchTool | Mcp | CodeInterpreter | ProgrammaticToolCalling | ImageGeneration | LocalShell | FunctionShellTool | CustomTool | NamespaceTool | ToolSearchTool | WebSearchPreviewTool | ApplyPatchTool]
    type: Literal['tool_search_output']
    created_by: NotRequired[str | None]

class ResponseOutputItemAdditionalTools(TypedDict):
    id: str
    role: Literal['unknown', 'user', 'assistant', 'system', 'critic', 'discriminator', 'developer', 'tool']
    tools: list[FunctionTool | FileSearchTool | ComputerTool | ComputerUsePreviewTool | WebSearchTool | Mcp | CodeInterpreter | ProgrammaticToolCalling | ImageGeneration | LocalShell | FunctionShellTool | CustomTool | NamespaceTool | ToolSearchTool | WebSearchPreviewTool | ApplyPatchTool]
    type: Literal['additional_tools']

class ResponseCompactionItem(TypedDict):
    id: str
    encrypted_content: str
    type: Literal['compaction']
    created_by: NotRequired[str | None]

class ResponseOutputItemImageGenerationCall(TypedDict):
    id: str
    result: NotRequired[str | None]
    status: Literal['in_progress', 'completed', 'generating', 'failed']
    type: Literal['image_generation_call']
    action: NotRequired[Literal['generate', 'edit', 'auto'] | None]
    background: NotRequired[Literal['transparent', 'opaque', 'auto'] | None]
    error: NotRequired[ResponseOutputItemImageGenerationCallError | None]
    output_format: NotRequired[Literal['png', 'webp', 'jpeg', 'gif', 'svg'] | None]
    quality: NotRequired[Literal['low', 'medium', 'high', 'xhigh', 'max', 'auto'] | None]
    revised_prompt: NotRequired[str | None]
    size: NotRequired[str | None]
    svg_usage: NotRequired[ResponseOutputItemImageGenerationCallSvgUsage | None]

class ResponseOutputItemImageGenerationCallError(TypedDict):
    code: NotRequired[str | None]
    message: str
    param: NotRequired[str | None]
    type: str
    moderation_details: NotRequired[ResponseOutputItemImageGenerationCallErrorModerationDetails | None]

class ResponseOutputItemImageGenerationCallErrorModerationDetails(TypedDict):
    categories: list[str]
    moderation_stage: Literal['input', 'output', 'unknown']

class ResponseOutputItemImageGenerationCallSvgUsage(TypedDict):
    input_tokens: int
    model: str
    output_tokens: int
    reasoning_tokens: int
    total_tokens: int

class ResponseOutputItemLocalShellCall(TypedDict):
    id: str
    action: ResponseOutputItemLocalShellCallAction
    call_id: str
    status: Literal['in_progress', 'completed', 'incomplete']
    type: Literal['local_shell_call']

class ResponseOutputItemLocalShellCallAction(TypedDict):
    command: list[str]
    env: dict[str, str]
    type: Literal['exec']
    timeout_ms: NotRequired[int | None]
    user: NotRequired[str | None]
    working_directory: NotRequired[str | None]

class ResponseOutputItemLocalShellCallOutput(TypedDict):
    id: str
    output: str
    type: Literal['local_shell_call_output']
    status: NotRequired[Literal['in_progress', 'completed', 'incomplete'] | None]

class ResponseFunctionShellToolCall(TypedDict):
    id: str
    action: Action
    call_id: str
    environment: NotRequired[ResponseLocalEnvironment | ResponseContainerReference | None | None]
    status: Literal['in_progress', 'completed', 'incomplete']
    type: Literal['shell_call']
    caller: NotRequired[ResponseFunctionShellToolCallCallerDirect | ResponseFunctionShellToolCallCallerProgram | None | None]
    created_by: NotRequired[str | None]

class Action(TypedDict):
    commands: list[str]
    max_output_length: NotRequired[int | None]
    timeout_ms: NotRequired[int | None]

class ResponseLocalEnvironment(TypedDict):
    type: Literal['local']

class ResponseContainerReference(TypedDict):
    container_id: str
    type: Literal['container_reference']

class ResponseFunctionShellToolCallCallerDirect(TypedDict):
    type: Literal['direct']

class ResponseFunctionShellToolCallCallerProgram(TypedDict):
    caller_id: str
    type: Literal['program']

class ResponseFunctionShellToolCallOutput(TypedDict):
    id: str
    call_id: str
    max_output_length: NotRequired[int | None]
    output: list[Output]
    status: Literal['in_progress', 'completed', 'incomplete']
    type: Literal['shell_call_output']
    caller: NotRequired[ResponseFunctionShellToolCallOutputCallerDirect | ResponseFunctionShellToolCallOutputCallerProgram | None | None]
    created_by: NotRequired[str | None]

class Output(TypedDict):
    outcome: OutputOutcomeTimeout | OutputOutcomeExit
    stderr: str
    stdout: str
    created_by: NotRequired[str | None]

class OutputOutcomeTimeout(TypedDict):
    type: Literal['timeout']

class OutputOutcomeExit(TypedDict):
    exit_code: int
    type: Literal['exit']

class ResponseFunctionShellToolCallOutputCallerDirect(TypedDict):
    type: Literal['direct']

class ResponseFunctionShellToolCallOutputCallerProgram(TypedDict):
    caller_id: str
    type: Literal['program']

class ResponseApplyPatchToolCall(TypedDict):
    id: str
    call_id: str
    operation: OperationCreateFile | OperationDeleteFile | OperationUpdateFile
    status: Literal['in_progress', 'completed']
    type: Literal['apply_patch_call']
    caller: NotRequired[ResponseApplyPatchToolCallCallerDirect | ResponseApplyPatchToolCallCallerProgram | None | None]
    created_by: NotRequired[str | None]

class OperationCreateFile(TypedDict):
    diff: str
    path: str
    type: Literal['create_file']

class OperationDeleteFile(TypedDict):
    path: str
    type: Literal['delete_file']

class OperationUpdateFile(TypedDict):
    diff: str
    path: str
    type: Literal['update_file']

class ResponseApplyPatchToolCallCallerDirect(TypedDict):
    type: Literal['direct']

class ResponseApplyPatchToolCallCallerProgram(TypedDict):
    caller_id: str
    type: Literal['program']

class ResponseApplyPatchToolCallOutput(TypedDict):
    id: str
    call_id: str
    status: Literal['completed', 'failed']
    type: Literal['apply_patch_call_output']
    caller: NotRequired[ResponseApplyPatchToolCallOutputCallerDirect | ResponseApplyPatchToolCallOutputCallerProgram | None | None]
    created_by: NotRequired[str | None]
    output: NotRequired[str | None]

class ResponseApplyPatchToolCallOutputCallerDirect(TypedDict):
    type: Literal['direct']

class ResponseApplyPatchToolCallOutputCallerProgram(TypedDict):
    caller_id: str
    type: Literal['program']

class ResponseOutputItemMcpCall(TypedDict):
    id: str
    arguments: str
    name: str
    server_label: str
    type: Literal['mcp_call']
    approval_request_id: NotRequired[str | None]
    error: NotRequired[McpProtocolError | McpToolExecutionError | HTTPError | None]
    output: NotRequired[str | None]
    status: NotRequired[Literal['in_progress', 'completed', 'incomplete', 'calling', 'failed'] | None]

class ResponseOutputItemMcpListTools(TypedDict):
    id: str
    server_label: str
    tools: list[ResponseOutputItemMcpListToolsTool]
    type: Literal['mcp_list_tools']
    error: NotRequired[str | None]

class ResponseOutputItemMcpListToolsTool(TypedDict):
    input_schema: Any
    name: str
    annotations: NotRequired[Any | None]
    description: NotRequired[str | None]

class ResponseOutputItemMcpApprovalRequest(TypedDict):
    id: str
    arguments: str
    name: str
    server_label: str
    type: Literal['mcp_approval_request']

class ResponseOutputItemMcpApprovalResponse(TypedDict):
    id: str
    approval_request_id: str
    approve: bool
    type: Literal['mcp_approval_response']
    reason: NotRequired[str | None]

class ResponseCustomToolCallOutputItem(TypedDict):
    call_id: str
    output: str | list[ResponseInputText | ResponseInputImage | ResponseInputFile]
    type: Literal['custom_tool_call_output']
    id: str
    caller: NotRequired[ResponseCustomToolCallOutputCallerDirect | ResponseCustomToolCallOutputCallerProgram | None | None]
    status: Literal['in_progress', 'completed', 'incomplete']
    created_by: NotRequired[str | None]

class ToolChoiceAllowed(TypedDict):
    mode: Literal['auto', 'required']
    tools: list[dict[str, Any]]
    type: Literal['allowed_tools']

class ToolChoiceTypes(TypedDict):
    type: Literal['file_search', 'web_search_preview', 'computer', 'computer_use_preview', 'computer_use', 'web_search_preview_2025_03_11', 'image_generation', 'code_interpreter']

class ToolChoiceFunction(TypedDict):
    name: str
    type: Literal['function']

class ToolChoiceMcp(TypedDict):
    server_label: str
    type: Literal['mcp']
    name: NotRequired[str | None]

class ToolChoiceCustom(TypedDict):
    name: str
    type: Literal['custom']

class ToolChoiceSpecificProgrammaticToolCallingParam(TypedDict):
    type: Literal['programmatic_tool_calling']

class ToolChoiceApplyPatch(TypedDict):
    type: Literal['apply_patch']

class ToolChoiceShell(TypedDict):
    type: Literal['shell']

class Conversation(TypedDict):
    id: str

class Image(TypedDict):
    context_compression: Literal['enabled', 'disabled']

class InputTransformation(TypedDict):
    id: str
    action: Literal['removed']
    reason: Literal['organization_mismatch', 'end_user_mismatch', 'model_mismatch', 'prefix_mismatch', 'turn_boundary']
    type: Literal['reasoning']

class Moderation(TypedDict):
    input: ModerationInputModerationResult | ModerationInputError
    output: ModerationOutputModerationResult | ModerationOutputError

class ModerationInputModerationResult(TypedDict):
    categories: dict[str, bool]
    category_applied_input_types: dict[str, list[Literal['text', 'image']]]
    category_scores: dict[str, float]
    flagged: bool
    model: str
    type: Literal['moderation_result']

class ModerationInputError(TypedDict):
    code: str
    message: str
    type: Literal['error']

class ModerationOutputModerationResult(TypedDict):
    categories: dict[str, bool]
    category_applied_input_types: dict[str, list[Literal['text', 'image']]]
    category_scores: dict[str, float]
    flagged: bool
    model: str
    type: Literal['moderation_result']

class ModerationOutputError(TypedDict):
    code: str
    message: str
    type: Literal['error']

class ResponsePrompt(TypedDict):
    id: str
    variables: NotRequired[dict[str, str | ResponseInputText | ResponseInputImage | ResponseInputFile] | None]
    version: NotRequired[str | None]

class PromptCacheDiagnosticsCacheMiss(TypedDict):
    cache_missed_tokens: int
    reason: Literal['model_changed', 'prompt_cache_key_changed', 'tools_changed', 'text_format_changed', 'reasoning_effort_changed', 'verbosity_changed', 'context_compacted', 'input_changed', 'service_tier_changed']
    type: Literal['cache_miss']
    comparison_reusable_tokens: NotRequired[int | None]

class PromptCacheDiagnosticsCacheHit(TypedDict):
    type: Literal['cache_hit']

class PromptCacheDiagnosticsComparisonResponseNotFound(TypedDict):
    type: Literal['comparison_response_not_found']

class PromptCacheDiagnosticsUnavailable(TypedDict):
    type: Literal['unavailable']

class PromptCacheOptions(TypedDict):
    mode: Literal['implicit', 'explicit']
    ttl: Literal['30m', '12h']
    comparison_response_id: NotRequired[str | None]

class ReasoningReasoning(TypedDict):
    context: NotRequired[Literal['auto', 'current_turn', 'all_turns'] | None]
    effort: NotRequired[Literal['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] | None]
    generate_summary: NotRequired[Literal['auto', 'concise', 'detailed'] | None]
    mode: NotRequired[str | None]
    summary: NotRequired[Literal['auto', 'concise', 'detailed'] | None]

class ResponseTextConfig(TypedDict):
    format: NotRequired[ResponseFormatText | ResponseFormatTextJSONSchemaConfig | ResponseFormatJSONObject | None]
    verbosity: NotRequired[Literal['low', 'medium', 'high'] | None]

class ResponseFormatJSONObject(TypedDict):
    type: Literal['json_object']

class ToolUsage(TypedDict):
    image_gen: ToolUsageImageGen
    web_search: ToolUsageWebSearch

class ToolUsageImageGen(TypedDict):
    input_tokens: int
    input_tokens_details: ToolUsageImageGenInputTokensDetails
    output_tokens: int
    total_tokens: int
    cached_tokens: NotRequired[int | None]
    cached_tokens_details: NotRequired[ToolUsageImageGenCachedTokensDetails | None]
    output_tokens_details: NotRequired[ToolUsageImageGenOutputTokensDetails | None]

class ToolUsageImageGenInputTokensDetails(TypedDict):
    image_tokens: int
    text_tokens: int

class ToolUsageImageGenCachedTokensDetails(TypedDict):
    cached_image_tokens: int
    cached_text_tokens: int

class ToolUsageImageGenOutputTokensDetails(TypedDict):
    image_tokens: int
    text_tokens: int

class ToolUsageWebSearch(TypedDict):
    num_requests: int

class ResponseUsage(TypedDict):
    input_tokens: int
    input_tokens_details: InputTokensDetails
    output_tokens: int
    output_tokens_details: OutputTokensDetails
    total_tokens: int

class InputTokensDetails(TypedDict):
    cache_write_tokens: int
    cached_tokens: int
    cache_write_tokens_details: NotRequired[InputTokensDetailsCacheWriteTokensDetails | None]

class InputTokensDetailsCacheWriteTokensDetails(TypedDict):
    ttl_12h_tokens: int
    ttl_30m_tokens: int

class OutputTokensDetails(TypedDict):
    reasoning_tokens: int

class PartReasoningText(TypedDict):
    text: str
    type: Literal['reasoning_text']

class ResponseContentPartDoneEventPartReasoningText(TypedDict):
    text: str
    type: Literal['reasoning_text']

class Delta(TypedDict):
    stderr: NotRequired[str | None]
    stdout: NotRequired[str | None]

class ResponseShellCallOutputContentDoneEventOutput(TypedDict):
    outcome: ResponseShellCallOutputContentDoneEventOutputOutcomeTimeout | ResponseShellCallOutputContentDoneEventOutputOutcomeExit
    stderr: str
    stdout: str
    created_by: NotRequired[str | None]

class ResponseShellCallOutputContentDoneEventOutputOutcomeTimeout(TypedDict):
    type: Literal['timeout']

class ResponseShellCallOutputContentDoneEventOutputOutcomeExit(TypedDict):
    exit_code: int
    type: Literal['exit']

class Part(TypedDict):
    text: str
    type: Literal['summary_text']

class ResponseReasoningSummaryPartDoneEventPart(TypedDict):
    text: str
    type: Literal['summary_text']

class ResponseTextDeltaEventLogprob(TypedDict):
    token: str
    logprob: float
    top_logprobs: NotRequired[list[ResponseTextDeltaEventLogprobTopLogprob] | None]

class ResponseTextDeltaEventLogprobTopLogprob(TypedDict):
    token: NotRequired[str | None]
    logprob: NotRequired[float | None]

class ResponseTextDoneEventLogprob(TypedDict):
    token: str
    logprob: float
    top_logprobs: NotRequired[list[ResponseTextDoneEventLogprobTopLogprob] | None]

class ResponseTextDoneEventLogprobTopLogprob(TypedDict):
    token: NotRequired[str | None]
    logprob: NotRequired[float | None]

class ResponseOutputTextAnnotationAddedEventAnnotationFileCitation(TypedDict):
    file_id: str
    filename: str
    index: int
    type: Literal['file_citation']

class ResponseOutputTextAnnotationAddedEventAnnotationURLCitation(TypedDict):
    end_index: int
    start_index: int
    title: str
    type: Literal['url_citation']
    url: str

class ResponseOutputTextAnnotationAddedEventAnnotationContainerFileCitation(TypedDict):
    container_id: str
    end_index: int
    file_id: str
    filename: str
    start_index: int
    type: Literal['container_file_citation']

class ResponseOutputTextAnnotationAddedEventAnnotationFilePath(TypedDict):
    file_id: str
    index: int
    type: Literal['file_path']

class ChatCompletionChunk(TypedDict):
    id: str
    choices: list[Choice]
    created: int
    model: str
    object: Literal['chat.completion.chunk']
    moderation: NotRequired[ChatCompletionChunkModeration | None]
    obfuscation: NotRequired[str | None]
    service_tier: NotRequired[Literal['auto', 'default', 'flex', 'scale', 'priority', 'fast'] | None]
    system_fingerprint: NotRequired[str | None]
    usage: NotRequired[CompletionUsage | None]

class Choice(TypedDict):
    delta: ChoiceDelta
    index: int
    finish_reason: NotRequired[Literal['stop', 'length', 'tool_calls', 'content_filter', 'function_call'] | None]
    logprobs: NotRequired[ChoiceLogprobs | None]

class ChoiceDelta(TypedDict):
    audio: NotRequired[ChoiceDeltaAudio | None]
    content: NotRequired[str | None]
    function_call: NotRequired[ChoiceDeltaFunctionCall | None]
    refusal: NotRequired[str | None]
    role: NotRequired[Literal['developer', 'system', 'user', 'assistant', 'tool'] | None]
    tool_calls: NotRequired[list[ChoiceDeltaToolCall] | None]

class ChoiceDeltaAudio(TypedDict):
    id: NotRequired[str | None]
    data: NotRequired[str | None]
    expires_at: NotRequired[int | None]
    transcript: NotRequired[str | None]

class ChoiceDeltaFunctionCall(TypedDict):
    arguments: NotRequired[str | None]
    name: NotRequired[str | None]

class ChoiceDeltaToolCall(TypedDict):
    index: int
    id: NotRequired[str | None]
    function: NotRequired[ChoiceDeltaToolCallFunction | None]
    type: NotRequired[Literal['function'] | None]

class ChoiceDeltaToolCallFunction(TypedDict):
    arguments: NotRequired[str | None]
    name: NotRequired[str | None]

class ChoiceLogprobs(TypedDict):
    content: NotRequired[list[ChatCompletionTokenLogprob] | None]
    refusal: NotRequired[list[ChatCompletionTokenLogprob] | None]

class ChatCompletionTokenLogprob(TypedDict):
    token: str
    bytes: NotRequired[list[int] | None]
    logprob: float
    top_logprobs: list[TopLogprob]

class TopLogprob(TypedDict):
    token: str
    bytes: NotRequired[list[int] | None]
    logprob: float

class ChatCompletionChunkModeration(TypedDict):
    input: ModerationInputModerationResults | ChatCompletionChunkModerationInputError
    output: ModerationOutputModerationResults | ChatCompletionChunkModerationOutputError

class ModerationInputModerationResults(TypedDict):
    model: str
    results: list[ModerationInputModerationResultsResult]
    type: Literal['moderation_results']

class ModerationInputModerationResultsResult(TypedDict):
    categories: dict[str, bool]
    category_applied_input_types: dict[str, list[Literal['text', 'image']]]
    category_scores: dict[str, float]
    flagged: bool
    model: str
    type: Literal['moderation_result']

class ChatCompletionChunkModerationInputError(TypedDict):
    code: str
    message: str
    type: Literal['error']

class ModerationOutputModerationResults(TypedDict):
    model: str
    results: list[ModerationOutputModerationResultsResult]
    type: Literal['moderation_results']

class ModerationOutputModerationResultsResult(TypedDict):
    categories: dict[str, bool]
    category_applied_input_types: dict[str, list[Literal['text', 'image']]]
    category_scores: dict[str, float]
    flagged: bool
    model: str
    type: Literal['moderation_result']

class ChatCompletionChunkModerationOutputError(TypedDict):
    code: str
    message: str
    type: Literal['error']

class CompletionUsage(TypedDict):
    completion_tokens: int
    prompt_tokens: int
    total_tokens: int
    completion_tokens_details: NotRequired[CompletionTokensDetails | None]
    prompt_tokens_details: NotRequired[PromptTokensDetails | None]

class CompletionTokensDetails(TypedDict):
    accepted_prediction_tokens: NotRequired[int | None]
    audio_tokens: NotRequired[int | None]
    reasoning_tokens: NotRequired[int | None]
    rejected_prediction_tokens: NotRequired[int | None]
    text_tokens: NotRequired[int | None]

class PromptTokensDetails(TypedDict):
    audio_tokens: NotRequired[int | None]
    cache_write_tokens: NotRequired[int | None]
    cached_tokens: NotRequired[int | None]
    image_tokens: NotRequired[int | None]
    text_tokens: NotRequired[int | None]

class Completion(TypedDict):
    id: str
    choices: list[CompletionChoice]
    created: int
    model: str
    object: Literal['text_completion']
    system_fingerprint: NotRequired[str | None]
    usage: NotRequired[CompletionUsage | None]

class CompletionChoice(TypedDict):
    finish_reason: Literal['stop', 'length', 'content_filter']
    index: int
    logprobs: NotRequired[Logprobs | None]
    text: str

class Logprobs(TypedDict):
    text_offset: NotRequired[list[int] | None]
    token_logprobs: NotRequired[list[float] | None]
    tokens: NotRequired[list[str] | None]
    top_logprobs: NotRequired[list[dict[str, float]] | None]

class RawMessageStartEvent(TypedDict):
    message: MessageMessage
    type: Literal['message_start']

class MessageMessage(TypedDict):
    id: str
    container: NotRequired[Container | None]
    content: list[TextBlock | ThinkingBlock | RedactedThinkingBlock | ToolUseBlock | ServerToolUseBlock | WebSearchToolResultBlock | WebFetchToolResultBlock | CodeExecutionToolResultBlock | BashCodeExecutionToolResultBlock | TextEditorCodeExecutionToolResultBlock | ToolSearchToolResultBlock | ContainerUploadBlock]
    diagnostics: NotRequired[Diagnostics | None]
    model: str
    role: Literal['assistant']
    stop_details: NotRequired[RefusalStopDetails | None]
    stop_reason: NotRequired[Literal['end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'pause_turn', 'refusal', 'model_context_window_exceeded'] | None]
    stop_sequence: NotRequired[str | None]
    type: Literal['message']
    usage: Usage

class Container(TypedDict):
    id: str
    expires_at: str
    skills: NotRequired[list[ContainerSkill] | None]

class ContainerSkill(TypedDict):
    skill_id: str
    type: Literal['anthropic', 'custom']
    version: str

class TextBlock(TypedDict):
    citations: NotRequired[list[CitationCharLocation | CitationPageLocation | CitationContentBlockLocation | CitationsWebSearchResultLocation | CitationsSearchResultLocation] | None]
    text: str
    type: Literal['text']

class CitationCharLocation(TypedDict):
    cited_text: str
    document_index: int
    document_title: NotRequired[str | None]
    end_char_index: int
    file_id: NotRequired[str | None]
    start_char_index: int
    type: Literal['char_location']

class CitationPageLocation(TypedDict):
    cited_text: str
    document_index: int
    document_title: NotRequired[str | None]
    end_page_number: int
    file_id: NotRequired[str | None]
    start_page_number: int
    type: Literal['page_location']

class CitationContentBlockLocation(TypedDict):
    cited_text: str
    document_index: int
    document_title: NotRequired[str | None]
    end_block_index: int
    file_id: NotRequired[str | None]
    start_block_index: int
    type: Literal['content_block_location']

class CitationsWebSearchResultLocation(TypedDict):
    cited_text: str
    encrypted_index: str
    title: NotRequired[str | None]
    type: Literal['web_search_result_location']
    url: str

class CitationsSearchResultLocation(TypedDict):
    cited_text: str
    end_block_index: int
    search_result_index: int
    source: str
    start_block_index: int
    title: NotRequired[str | None]
    type: Literal['search_result_location']

class ThinkingBlock(TypedDict):
    signature: str
    thinking: str
    type: Literal['thinking']

class RedactedThinkingBlock(TypedDict):
    data: str
    type: Literal['redacted_thinking']

class ToolUseBlock(TypedDict):
    id: str
    caller: NotRequired[DirectCaller | ServerToolCaller | ServerToolCaller20260120 | None]
    input: dict[str, Any]
    name: str
    type: Literal['tool_use']
    toolset_name: NotRequired[str | None]

class DirectCaller(TypedDict):
    type: Literal['direct']

class ServerToolCaller(TypedDict):
    tool_id: str
    type: Literal['code_execution_20250825']

class ServerToolCaller20260120(TypedDict):
    tool_id: str
    type: Literal['code_execution_20260120']

class ServerToolUseBlock(TypedDict):
    id: str
    caller: NotRequired[DirectCaller | ServerToolCaller | ServerToolCaller20260120 | None]
    input: dict[str, Any]
    name: Literal['web_search', 'web_fetch', 'code_execution', 'bash_code_execution', 'text_editor_code_execution', 'tool_search_tool_regex', 'tool_search_tool_bm25']
    type: Literal['server_tool_use']

class WebSearchToolResultBlock(TypedDict):
    caller: NotRequired[DirectCaller | ServerToolCaller | ServerToolCaller20260120 | None]
    content: WebSearchToolResultErrorObject | list[WebSearchResultBlock]
    tool_use_id: str
    type: Literal['web_search_tool_result']

class WebSearchToolResultErrorObject(TypedDict):
    error_code: Literal['invalid_tool_input', 'unavailable', 'max_uses_exceeded', 'too_many_requests', 'query_too_long', 'request_too_large']
    type: Literal['web_search_tool_result_error']

class WebSearchResultBlock(TypedDict):
    encrypted_content: str
    page_age: NotRequired[str | None]
    title: str
    type: Literal['web_search_result']
    url: str

class WebFetchToolResultBlock(TypedDict):
    caller: NotRequired[DirectCaller | ServerToolCaller | ServerToolCaller20260120 | None]
    content: WebFetchToolResultErrorBlock | WebFetchBlock
    tool_use_id: str
    type: Literal['web_fetch_tool_result']

class WebFetchToolResultErrorBlock(TypedDict):
    error_code: Literal['invalid_tool_input', 'url_too_long', 'url_not_allowed', 'url_not_in_prior_context', 'url_not_accessible', 'unsupported_content_type', 'too_many_requests', 'max_uses_exceeded', 'unavailable', 'content_too_large']
    type: Literal['web_fetch_tool_result_error']

class WebFetchBlock(TypedDict):
    content: DocumentBlock
    retrieved_at: NotRequired[str | None]
    type: Literal['web_fetch_result']
    url: str

class DocumentBlock(TypedDict):
    citations: NotRequired[CitationsConfig | None]
    source: Base64PDFSource | PlainTextSource
    title: NotRequired[str | None]
    type: Literal['document']

class CitationsConfig(TypedDict):
    enabled: bool

class Base64PDFSource(TypedDict):
    data: str
    media_type: Literal['application/pdf']
    type: Literal['base64']

class PlainTextSource(TypedDict):
    data: str
    media_type: Literal['text/plain']
    type: Literal['text']

class CodeExecutionToolResultBlock(TypedDict):
    content: CodeExecutionToolResultErrorObject | CodeExecutionResultBlock | EncryptedCodeExecutionResultBlock
    tool_use_id: str
    type: Literal['code_execution_tool_result']

class CodeExecutionToolResultErrorObject(TypedDict):
    error_code: Literal['invalid_tool_input', 'unavailable', 'too_many_requests', 'execution_time_exceeded']
    type: Literal['code_execution_tool_result_error']

class CodeExecutionResultBlock(TypedDict):
    content: list[CodeExecutionOutputBlock]
    return_code: int
    stderr: str
    stdout: str
    type: Literal['code_execution_result']

class CodeExecutionOutputBlock(TypedDict):
    file_id: str
    type: Literal['code_execution_output']

class EncryptedCodeExecutionResultBlock(TypedDict):
    content: list[CodeExecutionOutputBlock]
    encrypted_stdout: str
    return_code: int
    stderr: str
    type: Literal['encrypted_code_execution_result']

class BashCodeExecutionToolResultBlock(TypedDict):
    content: BashCodeExecutionToolResultErrorObject | BashCodeExecutionResultBlock
    tool_use_id: str
    type: Literal['bash_code_execution_tool_result']

class BashCodeExecutionToolResultErrorObject(TypedDict):
    error_code: Literal['invalid_tool_input', 'unavailable', 'too_many_requests', 'execution_time_exceeded', 'output_file_too_large']
    type: Literal['bash_code_execution_tool_result_error']

class BashCodeExecutionResultBlock(TypedDict):
    content: list[BashCodeExecutionOutputBlock]
    return_code: int
    stderr: str
    stdout: str
    type: Literal['bash_code_execution_result']

class BashCodeExecutionOutputBlock(TypedDict):
    file_id: str
    type: Literal['bash_code_execution_output']

class TextEditorCodeExecutionToolResultBlock(TypedDict):
    content: TextEditorCodeExecutionToolResultErrorObject | TextEditorCodeExecutionViewResultBlock | TextEditorCodeExecutionCreateResultBlock | TextEditorCodeExecutionStrReplaceResultBlock
    tool_use_id: str
    type: Literal['text_editor_code_execution_tool_result']

class TextEditorCodeExecutionToolResultErrorObject(TypedDict):
    error_code: Literal['invalid_tool_input', 'unavailable', 'too_many_requests', 'execution_time_exceeded', 'file_not_found']
    error_message: NotRequired[str | None]
    type: Literal['text_editor_code_execution_tool_result_error']

class TextEditorCodeExecutionViewResultBlock(TypedDict):
    content: str
    file_type: Literal['text', 'image', 'pdf']
    num_lines: NotRequired[int | None]
    start_line: NotRequired[int | None]
    total_lines: NotRequired[int | None]
    type: Literal['text_editor_code_execution_view_result']

class TextEditorCodeExecutionCreateResultBlock(TypedDict):
    is_file_update: bool
    type: Literal['text_editor_code_execution_create_result']

class TextEditorCodeExecutionStrReplaceResultBlock(TypedDict):
    lines: NotRequired[list[str] | None]
    new_lines: NotRequired[int | None]
    new_start: NotRequired[int | None]
    old_lines: NotRequired[int | None]
    old_start: NotRequired[int | None]
    type: Literal['text_editor_code_execution_str_replace_result']

class ToolSearchToolResultBlock(TypedDict):
    content: ToolSearchToolResultErrorObject | ToolSearchToolSearchResultBlock
    tool_use_id: str
    type: Literal['tool_search_tool_result']

class ToolSearchToolResultErrorObject(TypedDict):
    error_code: Literal['invalid_tool_input', 'unavailable', 'too_many_requests', 'execution_time_exceeded']
    error_message: NotRequired[str | None]
    type: Literal['tool_search_tool_result_error']

class ToolSearchToolSearchResultBlock(TypedDict):
    tool_references: list[ToolReferenceBlock]
    type: Literal['tool_search_tool_search_result']

class ToolReferenceBlock(TypedDict):
    tool_name: str
    type: Literal['tool_reference']

class ContainerUploadBlock(TypedDict):
    file_id: str
    type: Literal['container_upload']

class Diagnostics(TypedDict):
    cache_miss_reason: NotRequired[CacheMissModelChanged | CacheMissSystemChanged | CacheMissToolsChanged | CacheMissMessagesChanged | CacheMissPreviousMessageNotFound | CacheMissUnavailable | None]

class CacheMissModelChanged(TypedDict):
    cache_missed_input_tokens: int
    type: Literal['model_changed']

class CacheMissSystemChanged(TypedDict):
    cache_missed_input_tokens: int
    type: Literal['system_changed']

class CacheMissToolsChanged(TypedDict):
    cache_missed_input_tokens: int
    type: Literal['tools_changed']

class CacheMissMessagesChanged(TypedDict):
    cache_missed_input_tokens: int
    type: Literal['messages_changed']

class CacheMissPreviousMessageNotFound(TypedDict):
    type: Literal['previous_message_not_found']

class CacheMissUnavailable(TypedDict):
    type: Literal['unavailable']

class RefusalStopDetails(TypedDict):
    category: NotRequired[Literal['cyber', 'bio', 'frontier_llm', 'reasoning_extraction', 'general_harms'] | None]
    explanation: NotRequired[str | None]
    type: Literal['refusal']

class Usage(TypedDict):
    cache_creation: NotRequired[CacheCreation | None]
    cache_creation_input_tokens: NotRequired[int | None]
    cache_read_input_tokens: NotRequired[int | None]
    inference_geo: NotRequired[str | None]
    input_tokens: int
    output_tokens: int
    output_tokens_details: NotRequired[OutputTokensDetailsOutputTokensDetails | None]
    server_tool_use: NotRequired[ServerToolUsage | None]
    service_tier: NotRequired[Literal['standard', 'priority', 'batch'] | None]
    speed: NotRequired[Literal['standard', 'fast'] | None]

class CacheCreation(TypedDict):
    ephemeral_1h_input_tokens: int
    ephemeral_5m_input_tokens: int

class OutputTokensDetailsOutputTokensDetails(TypedDict):
    thinking_tokens: int

class ServerToolUsage(TypedDict):
    web_fetch_requests: int
    web_search_requests: int

class RawMessageDeltaEvent(TypedDict):
    delta: RawMessageDeltaEventDelta
    type: Literal['message_delta']
    usage: MessageDeltaUsage

class RawMessageDeltaEventDelta(TypedDict):
    container: NotRequired[Container | None]
    stop_details: NotRequired[RefusalStopDetails | None]
    stop_reason: NotRequired[Literal['end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'pause_turn', 'refusal', 'model_context_window_exceeded'] | None]
    stop_sequence: NotRequired[str | None]

class MessageDeltaUsage(TypedDict):
    cache_creation_input_tokens: NotRequired[int | None]
    cache_read_input_tokens: NotRequired[int | None]
    input_tokens: NotRequired[int | None]
    output_tokens: int
    output_tokens_details: NotRequired[OutputTokensDetailsOutputTokensDetails | None]
    server_tool_use: NotRequired[ServerToolUsage | None]

class RawMessageStopEvent(TypedDict):
    type: Literal['message_stop']

class RawContentBlockStartEvent(TypedDict):
    content_block: TextBlock | ThinkingBlock | RedactedThinkingBlock | ToolUseBlock | ServerToolUseBlock | WebSearchToolResultBlock | WebFetchToolResultBlock | CodeExecutionToolResultBlock | BashCodeExecutionToolResultBlock | TextEditorCodeExecutionToolResultBlock | ToolSearchToolResultBlock | ContainerUploadBlock
    index: int
    type: Literal['content_block_start']

class RawContentBlockDeltaEvent(TypedDict):
    delta: TextDelta | InputJSONDelta | CitationsDelta | ThinkingDelta | SignatureDelta
    index: int
    type: Literal['content_block_delta']

class TextDelta(TypedDict):
    text: str
    type: Literal['text_delta']

class InputJSONDelta(TypedDict):
    partial_json: str
    type: Literal['input_json_delta']

class CitationsDelta(TypedDict):
    citation: CitationCharLocation | CitationPageLocation | CitationContentBlockLocation | CitationsWebSearchResultLocation | CitationsSearchResultLocation
    type: Literal['citations_delta']

class ThinkingDelta(TypedDict):
    thinking: str
    type: Literal['thinking_delta']

class SignatureDelta(TypedDict):
    signature: str
    type: Literal['signature_delta']

class RawContentBlockStopEvent(TypedDict):
    index: int
    type: Literal['content_block_stop']

class ResponseAudioDeltaEventPayload(TypedDict):
    delta: str
    sequence_number: int
    type: Literal['response.audio.delta']

class ResponseAudioDoneEventPayload(TypedDict):
    sequence_number: int
    type: Literal['response.audio.done']

class ResponseAudioTranscriptDeltaEventPayload(TypedDict):
    delta: str
    sequence_number: int
    type: Literal['response.audio.transcript.delta']

class ResponseAudioTranscriptDoneEventPayload(TypedDict):
    sequence_number: int
    type: Literal['response.audio.transcript.done']

class ResponseCodeInterpreterCallCodeDeltaEventPayload(TypedDict):
    delta: str
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.code_interpreter_call_code.delta']

class ResponseCodeInterpreterCallCodeDoneEventPayload(TypedDict):
    code: str
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.code_interpreter_call_code.done']

class ResponseCodeInterpreterCallCompletedEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.code_interpreter_call.completed']

class ResponseCodeInterpreterCallInProgressEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.code_interpreter_call.in_progress']

class ResponseCodeInterpreterCallInterpretingEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.code_interpreter_call.interpreting']

class ResponseCompactionCompactingEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.compaction.compacting']

class ResponseCompletedEventPayload(TypedDict):
    response: Response
    sequence_number: int
    type: Literal['response.completed']

class ResponseContentPartAddedEventPayload(TypedDict):
    content_index: int
    item_id: str
    output_index: int
    part: ResponseOutputText | ResponseOutputRefusal | PartReasoningText
    sequence_number: int
    type: Literal['response.content_part.added']

class ResponseContentPartDoneEventPayload(TypedDict):
    content_index: int
    item_id: str
    output_index: int
    part: ResponseOutputText | ResponseOutputRefusal | ResponseContentPartDoneEventPartReasoningText
    sequence_number: int
    type: Literal['response.content_part.done']

class ResponseCreatedEventPayload(TypedDict):
    response: Response
    sequence_number: int
    type: Literal['response.created']

class ResponseErrorEventPayload(TypedDict):
    code: NotRequired[str | None]
    message: str
    param: NotRequired[str | None]
    sequence_number: int
    type: Literal['error']

class ResponseFileSearchCallCompletedEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.file_search_call.completed']

class ResponseFileSearchCallInProgressEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.file_search_call.in_progress']

class ResponseFileSearchCallSearchingEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.file_search_call.searching']

class ResponseFunctionCallArgumentsDeltaEventPayload(TypedDict):
    delta: str
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.function_call_arguments.delta']

class ResponseFunctionCallArgumentsDoneEventPayload(TypedDict):
    arguments: str
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.function_call_arguments.done']

class ResponseShellCallCommandAddedEventPayload(TypedDict):
    command: str
    command_index: int
    output_index: int
    sequence_number: int
    type: Literal['response.shell_call_command.added']

class ResponseShellCallCommandDeltaEventPayload(TypedDict):
    command_index: int
    delta: str
    output_index: int
    sequence_number: int
    type: Literal['response.shell_call_command.delta']
    obfuscation: NotRequired[str | None]

class ResponseShellCallCommandDoneEventPayload(TypedDict):
    command: str
    command_index: int
    output_index: int
    sequence_number: int
    type: Literal['response.shell_call_command.done']

class ResponseShellCallOutputContentDeltaEventPayload(TypedDict):
    command_index: int
    delta: Delta
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.shell_call_output_content.delta']

class ResponseShellCallOutputContentDoneEventPayload(TypedDict):
    command_index: int
    item_id: str
    output: list[ResponseShellCallOutputContentDoneEventOutput]
    output_index: int
    sequence_number: int
    type: Literal['response.shell_call_output_content.done']

class ResponseInProgressEventPayload(TypedDict):
    response: Response
    sequence_number: int
    type: Literal['response.in_progress']

class ResponseFailedEventPayload(TypedDict):
    response: Response
    sequence_number: int
    type: Literal['response.failed']

class ResponseIncompleteEventPayload(TypedDict):
    response: Response
    sequence_number: int
    type: Literal['response.incomplete']

class ResponseOutputItemAddedEventPayload(TypedDict):
    item: ResponseOutputMessage | ResponseFileSearchToolCall | ResponseFunctionToolCall | ResponseFunctionToolCallOutputItem | ResponseFunctionWebSearch | ResponseComputerToolCall | ResponseComputerToolCallOutputItem | ResponseReasoningItem | ResponseOutputItemProgram | ResponseOutputItemProgramOutput | ResponseToolSearchCall | ResponseToolSearchOutputItem | ResponseOutputItemAdditionalTools | ResponseCompactionItem | ResponseOutputItemImageGenerationCall | ResponseCodeInterpreterToolCall | ResponseOutputItemLocalShellCall | ResponseOutputItemLocalShellCallOutput | ResponseFunctionShellToolCall | ResponseFunctionShellToolCallOutput | ResponseApplyPatchToolCall | ResponseApplyPatchToolCallOutput | ResponseOutputItemMcpCall | ResponseOutputItemMcpListTools | ResponseOutputItemMcpApprovalRequest | ResponseOutputItemMcpApprovalResponse | ResponseCustomToolCall | ResponseCustomToolCallOutputItem
    output_index: int
    sequence_number: int
    type: Literal['response.output_item.added']

class ResponseOutputItemDoneEventPayload(TypedDict):
    item: ResponseOutputMessage | ResponseFileSearchToolCall | ResponseFunctionToolCall | ResponseFunctionToolCallOutputItem | ResponseFunctionWebSearch | ResponseComputerToolCall | ResponseComputerToolCallOutputItem | ResponseReasoningItem | ResponseOutputItemProgram | ResponseOutputItemProgramOutput | ResponseToolSearchCall | ResponseToolSearchOutputItem | ResponseOutputItemAdditionalTools | ResponseCompactionItem | ResponseOutputItemImageGenerationCall | ResponseCodeInterpreterToolCall | ResponseOutputItemLocalShellCall | ResponseOutputItemLocalShellCallOutput | ResponseFunctionShellToolCall | ResponseFunctionShellToolCallOutput | ResponseApplyPatchToolCall | ResponseApplyPatchToolCallOutput | ResponseOutputItemMcpCall | ResponseOutputItemMcpListTools | ResponseOutputItemMcpApprovalRequest | ResponseOutputItemMcpApprovalResponse | ResponseCustomToolCall | ResponseCustomToolCallOutputItem
    output_index: int
    sequence_number: int
    type: Literal['response.output_item.done']

class ResponseReasoningSummaryPartAddedEventPayload(TypedDict):
    item_id: str
    output_index: int
    part: Part
    sequence_number: int
    summary_index: int
    type: Literal['response.reasoning_summary_part.added']

class ResponseReasoningSummaryPartDoneEventPayload(TypedDict):
    item_id: str
    output_index: int
    part: ResponseReasoningSummaryPartDoneEventPart
    sequence_number: int
    summary_index: int
    type: Literal['response.reasoning_summary_part.done']
    status: NotRequired[Literal['incomplete'] | None]

class ResponseReasoningSummaryTextDeltaEventPayload(TypedDict):
    delta: str
    item_id: str
    output_index: int
    sequence_number: int
    summary_index: int
    type: Literal['response.reasoning_summary_text.delta']

class ResponseReasoningSummaryTextDoneEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    summary_index: int
    text: str
    type: Literal['response.reasoning_summary_text.done']

class ResponseReasoningTextDeltaEventPayload(TypedDict):
    content_index: int
    delta: str
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.reasoning_text.delta']

class ResponseReasoningTextDoneEventPayload(TypedDict):
    content_index: int
    item_id: str
    output_index: int
    sequence_number: int
    text: str
    type: Literal['response.reasoning_text.done']

class ResponseRefusalDeltaEventPayload(TypedDict):
    content_index: int
    delta: str
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.refusal.delta']

class ResponseRefusalDoneEventPayload(TypedDict):
    content_index: int
    item_id: str
    output_index: int
    refusal: str
    sequence_number: int
    type: Literal['response.refusal.done']

class ResponseTextDeltaEventPayload(TypedDict):
    content_index: int
    delta: str
    item_id: str
    logprobs: list[ResponseTextDeltaEventLogprob]
    output_index: int
    sequence_number: int
    type: Literal['response.output_text.delta']

class ResponseTextDoneEventPayload(TypedDict):
    content_index: int
    item_id: str
    logprobs: list[ResponseTextDoneEventLogprob]
    output_index: int
    sequence_number: int
    text: str
    type: Literal['response.output_text.done']

class ResponseWebSearchCallCompletedEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.web_search_call.completed']

class ResponseWebSearchCallInProgressEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.web_search_call.in_progress']

class ResponseWebSearchCallSearchingEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.web_search_call.searching']

class ResponseImageGenCallCompletedEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.image_generation_call.completed']

class ResponseImageGenCallGeneratingEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.image_generation_call.generating']

class ResponseImageGenCallInProgressEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.image_generation_call.in_progress']

class ResponseImageGenCallPartialImageEventPayload(TypedDict):
    item_id: str
    output_index: int
    partial_image_b64: str
    partial_image_index: int
    sequence_number: int
    type: Literal['response.image_generation_call.partial_image']
    background: NotRequired[str | None]
    output_format: NotRequired[str | None]
    quality: NotRequired[str | None]
    size: NotRequired[str | None]

class ResponseMcpCallArgumentsDeltaEventPayload(TypedDict):
    delta: str
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.mcp_call_arguments.delta']

class ResponseMcpCallArgumentsDoneEventPayload(TypedDict):
    arguments: str
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.mcp_call_arguments.done']

class ResponseMcpCallCompletedEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.mcp_call.completed']

class ResponseMcpCallFailedEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.mcp_call.failed']

class ResponseMcpCallInProgressEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.mcp_call.in_progress']

class ResponseMcpListToolsCompletedEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.mcp_list_tools.completed']

class ResponseMcpListToolsFailedEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.mcp_list_tools.failed']

class ResponseMcpListToolsInProgressEventPayload(TypedDict):
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.mcp_list_tools.in_progress']

class ResponseOutputTextAnnotationAddedEventPayload(TypedDict):
    annotation: NotRequired[ResponseOutputTextAnnotationAddedEventAnnotationFileCitation | ResponseOutputTextAnnotationAddedEventAnnotationURLCitation | ResponseOutputTextAnnotationAddedEventAnnotationContainerFileCitation | ResponseOutputTextAnnotationAddedEventAnnotationFilePath | None | None]
    annotation_index: int
    content_index: int
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.output_text.annotation.added']

class ResponseQueuedEventPayload(TypedDict):
    response: Response
    sequence_number: int
    type: Literal['response.queued']

class ResponseCustomToolCallInputDeltaEventPayload(TypedDict):
    delta: str
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.custom_tool_call_input.delta']

class ResponseCustomToolCallInputDoneEventPayload(TypedDict):
    input: str
    item_id: str
    output_index: int
    sequence_number: int
    type: Literal['response.custom_tool_call_input.done']

class ResponseAudioDeltaEvent(Event):
    type: Literal['response.audio.delta']
    payload: ResponseAudioDeltaEventPayload
    delta: str
    sequence_number: int

class ResponseAudioDoneEvent(Event):
    type: Literal['response.audio.done']
    payload: ResponseAudioDoneEventPayload
    sequence_number: int

class ResponseAudioTranscriptDeltaEvent(Event):
    type: Literal['response.audio.transcript.delta']
    payload: ResponseAudioTranscriptDeltaEventPayload
    delta: str
    sequence_number: int

class ResponseAudioTranscriptDoneEvent(Event):
    type: Literal['response.audio.transcript.done']
    payload: ResponseAudioTranscriptDoneEventPayload
    sequence_number: int

class ResponseCodeInterpreterCallCodeDeltaEvent(Event):
    type: Literal['response.code_interpreter_call_code.delta']
    payload: ResponseCodeInterpreterCallCodeDeltaEventPayload
    delta: str
    item_id: str
    output_index: int
    sequence_number: int

class ResponseCodeInterpreterCallCodeDoneEvent(Event):
    type: Literal['response.code_interpreter_call_code.done']
    payload: ResponseCodeInterpreterCallCodeDoneEventPayload
    code: str
    item_id: str
    output_index: int
    sequence_number: int

class ResponseCodeInterpreterCallCompletedEvent(Event):
    type: Literal['response.code_interpreter_call.completed']
    payload: ResponseCodeInterpreterCallCompletedEventPayload
    item_id: str
    output_index: int
    sequence_number: int

class ResponseCodeInterpreterCallInProgressEvent(Event):
    type: Literal['response.code_interpreter_call.in_progress']
    payload: ResponseCodeInterpreterCallInProgressEventPayload
    item_id: str
    output_index: int
    sequence_number: int

class ResponseCodeInterpreterCallInterpretingEvent(Event):
    type: Literal['response.code_interpreter_call.interpreting']
    payload: ResponseCodeInterpreterCallInterpretingEventPayload
    item_id: str
    output_index: int
    sequence_number: int

class ResponseCompactionCompactingEvent(Event):
    type: Literal['response.compaction.compacting']
    payload: ResponseCompactionCompactingEventPayload
    item_id: str
    output_index: int
    sequence_number: int

class ResponseCompletedEvent(Event):
    type: Literal['response.completed']
    payload: ResponseCompletedEventPayload
    response: Response
    sequence_number: int

class ResponseContentPartAddedEvent(Event):
    type: Literal['response.content_part.added']
    payload: ResponseContentPartAddedEventPayload
    content_index: int
    item_id: str
    output_index: int
    part: ResponseOutputText | ResponseOutputRefusal | PartReasoningText
    sequence_number: int

class ResponseContentPartDoneEvent(Event):
    type: Literal['response.content_part.done']
    payload: ResponseContentPartDoneEventPayload
    content_index: int
    item_id: str
    output_index: int
    part: ResponseOutputText | ResponseOutputRefusal | ResponseContentPartDoneEventPartReasoningText
    sequence_number: int

class ResponseCreatedEvent(Event):
    type: Literal['response.created']
    payload: ResponseCreatedEventPayload
    response: Response
    sequence_number: int

class ResponseErrorEvent(Event):
    type: Literal['error']
    payload: ResponseErrorEventPayload
    code: str | None
    message: str
    param: str | None
    sequence_number: int

class ResponseFileSearchCallCompletedEvent(Event):
    type: Literal['response.file_search_call.completed']
    payload: ResponseFileSearchCallCompletedEventPayload
    item_id: str
    output_index: int
    sequence_number: int

class ResponseFileSearchCallInProgressEvent(Event):
    type: Literal['response.file_search_call.in_progress']
    payload: ResponseFileSearchCallInProgressEventPayload
    item_id: str
    output_index: int
    sequence_number: int

class ResponseFileSearchCallSearchingEvent(Event):
    type: Literal['response.file_search_call.searching']
    payload: ResponseFileSearchCallSearchingEventPayload
    item_id: str
    output_index: int
    sequence_number: int

class ResponseFunctionCallArgumentsDeltaEvent(Event):
    type: Literal['response.function_call_arguments.delta']
    payload: ResponseFunctionCallArgumentsDeltaEventPayload
    delta: str
    item_id: str
    output_index: int
    sequence_number: int

class ResponseFunctionCallArgumentsDoneEvent(Event):
    type: Literal['response.function_call_arguments.done']
    payload: ResponseFunctionCallArgumentsDoneEventPayload
    arguments: str
    item_id: str
    output_index: int
    sequence_number: int

class ResponseShellCallCommandAddedEvent(Event):
    type: Literal['response.shell_call_command.added']
    payload: ResponseShellCallCommandAddedEventPayload
    command: str
    command_index: int
    output_index: int
    sequence_number: int

class ResponseShellCallCommandDeltaEvent(Event):
    type: Literal['response.shell_call_command.delta']
    payload: ResponseShellCallCommandDeltaEventPayload
    command_index: int
    delta: str
    output_index: int
    sequence_number: int
    obfuscation: str | None

class ResponseShellCallCommandDoneEvent(Event):
    type: Literal['response.shell_call_command.done']
    payload: ResponseShellCallCommandDoneEventPayload
    command: str
    command_index: int
    output_index: int
    sequence_number: int

class ResponseShellCallOutputContentDeltaEvent(Event):
    type: Literal['response.shell_call_output_content.delta']
    payload: ResponseShellCallOutputContentDeltaEventPayload
    command_index: int
    delta: Delta
    item_id: str
    output_index: int
    sequence_number: int

class ResponseShellCallOutputContentDoneEvent(Event):
    type: Literal['response.shell_call_output_content.done']
    payload: ResponseShellCallOutputContentDoneEventPayload
    command_index: int
    item_id: str
    output: list[ResponseShellCallOutputContentDoneEventOutput]
    output_index: int
    sequence_number: int

class ResponseInProgressEvent(Event):
    type: Literal['response.in_progress']
    payload: ResponseInProgressEventPayload
    response: Response
    sequence_number: int

class ResponseFailedEvent(Event):
    type: Literal['response.failed']
    payload: ResponseFailedEventPayload
    response: Response
    sequence_number: int

class ResponseIncompleteEvent(Event):
    type: Literal['response.incomplete']
    payload: ResponseIncompleteEventPayload
    response: Response
    sequence_number: int

class ResponseOutputItemAddedEvent(Event):
    type: Literal['response.output_item.added']
    payload: ResponseOutputItemAddedEventPayload
    item: ResponseOutputMessage | ResponseFileSearchToolCall | ResponseFunctionToolCall | ResponseFunctionToolCallOutputItem | ResponseFunctionWebSearch | ResponseComputerToolCall | ResponseComputerToolCallOutputItem | ResponseReasoningItem | ResponseOutputItemProgram | ResponseOutputItemProgramOutput | ResponseToolSearchCall | ResponseToolSearchOutputItem | ResponseOutputItemAdditionalTools | ResponseCompactionItem | ResponseOutputItemImageGenerationCall | ResponseCodeInterpreterToolCall | ResponseOutputItemLocalShellCall | ResponseOutputItemLocalShellCallOutput | ResponseFunctionShellToolCall | ResponseFunctionShellToolCallOutput | ResponseApplyPatchToolCall | ResponseApplyPatchToolCallOutput | ResponseOutputItemMcpCall | ResponseOutputItemMcpListTools | ResponseOutputItemMcpApprovalRequest | ResponseOutputItemMcpApprovalResponse | ResponseCustomToolCall | ResponseCustomToolCallOutputItem
    output_index: int
    sequence_number: int

class ResponseOutputItemDoneEvent(Event):
    type: Literal['response.output_item.done']
    payload: ResponseOutputItemDoneEventPayload
    item: ResponseOutputMessage | ResponseFileSearchToolCall | ResponseFunctionToolCall | ResponseFunctionToolCallOutputItem | ResponseFunctionWebSearch | ResponseComputerToolCall | ResponseComputerToolCallOutputItem | ResponseReasoningItem | ResponseOutputItemProgram | ResponseOutputItemProgramOutput | ResponseToolSearchCall | ResponseToolSearchOutputItem | ResponseOutputItemAdditionalTools | ResponseCompactionItem | ResponseOutputItemImageGenerationCall | ResponseCodeInterpreterToolCall | ResponseOutputItemLocalShellCall | ResponseOutputItemLocalShellCallOutput | ResponseFunctionShellToolCall | ResponseFunctionShellToolCallOutput | ResponseApplyPatchToolCall | ResponseApplyPatchToolCallOutput | ResponseOutputItemMcpCall | ResponseOutputItemMcpListTools | ResponseOutputItemMcpApprovalRequest | ResponseOutputItemMcpApprovalResponse | ResponseCustomToolCall | ResponseCustomToolCallOutputItem
    output_index: int
    sequence_number: int

class ResponseReasoningSummaryPartAddedEvent(Event):
    type: Literal['response.reasoning_summary_part.added']
    payload: ResponseReasoningSummaryPartAddedEventPayload
    item_id: str
    output_index: int
    part: Part
    sequence_number: int
    summary_index: int

class ResponseReasoningSummaryPartDoneEvent(Event):
    type: Literal['response.reasoning_summary_part.done']
    payload: ResponseReasoningSummaryPartDoneEventPayload
    item_id: str
    output_index: int
    part: ResponseReasoningSummaryPartDoneEventPart
    sequence_number: int
    summary_index: int
    status: Literal['incomplete'] | None

class ResponseReasoningSummaryTextDeltaEvent(Event):
    type: Literal['response.reasoning_summary_text.delta']
    payload: ResponseReasoningSummaryTextDeltaEventPayload
    delta: str
    item_id: str
    output_index: int
    sequence_number: int
    summary_index: int

class ResponseReasoningSummaryTextDoneEvent(Event):
    type: Literal['response.reasoning_summary_text.done']
    payload: ResponseReasoningSummaryTextDoneEventPayload
    item_id: str
    output_index: int
    sequence_number: int
    summary_index: int
    text: str

class ResponseReasoningTextDeltaEvent(Event):
    type: Literal['response.reasoning_text.delta']
    payload: ResponseReasoningTextDeltaEventPayload
    content_index: int
    delta: str
    item_id: str
    output_index: int
    sequence_number: int

class ResponseReasoningTextDoneEvent(Event):
    type: Literal['response.reasoning_text.done']
    payload: ResponseReasoningTextDoneEventPayload
    content_index: int
    item_id: str
    output_index: int
    sequence_number: int
    text: str

class ResponseRefusalDeltaEvent(Event):
    type: Literal['response.refusal.delta']
    payload: ResponseRefusalDeltaEventPayload
    content_index: int
    delta: str
    item_id: str
    output_index: int
    sequence_number: int

class ResponseRefusalDoneEvent(Event):
    type: Literal['response.refusal.done']
    payload: ResponseRefusalDoneEventPayload
    content_index: int
    item_id: str
    output_index: int
    refusal: str
    sequence_number: int

class ResponseTextDeltaEvent(Event):
    type: Literal['response.output_text.delta']
    payload: ResponseTextDeltaEventPayload
    content_index: int
    delta: str
    item_id: str
    logprobs: list[ResponseTextDeltaEventLogprob]
    output_index: int
    sequence_number: int

class ResponseTextDoneEvent(Event):
    type: Literal['response.output_text.done']
    payload: ResponseTextDoneEventPayload
    content_index: int
    item_id: str
    logprobs: list[ResponseTextDoneEventLogprob]
    output_index: int
    sequence_number: int
    text: str

class ResponseWebSearchCallCompletedEvent(Event):
    type: Literal['response.web_search_call.completed']
    payload: ResponseWebSearchCallCompletedEventPayload
    item_id: str
    output_index: int
    sequence_number: int

class ResponseWebSearchCallInProgressEvent(Event):
    type: Literal['response.web_search_call.in_progress']
    payload: ResponseWebSearchCallInProgressEventPayload
    item_id: str
    output_index: int
    sequence_number: int

class ResponseWebSearchCallSearchingEvent(Event):
    type: Literal['response.web_search_call.searching']
    payload: ResponseWebSearchCallSearchingEventPayload
    item_id: str
    output_index: int
    sequence_number: int

class ResponseImageGenCallCompletedEvent(Event):
    type: Literal['response.image_generation_call.completed']
    payload: ResponseImageGenCallCompletedEventPayload
    item_id: str
    output_index: int
    sequence_number: int

class ResponseImageGenCallGeneratingEvent(Event):
    type: Literal['response.image_generation_call.generating']
    payload: ResponseImageGenCallGeneratingEventPayload
    item_id: str
    output_index: int
    sequence_number: int

class ResponseImageGenCallInProgressEvent(Event):
    type: Literal['response.image_generation_call.in_progress']
    payload: ResponseImageGenCallInProgressEventPayload
    item_id: str
    output_index: int
    sequence_number: int

class ResponseImageGenCallPartialImageEvent(Event):
    type: Literal['response.image_generation_call.partial_image']
    payload: ResponseImageGenCallPartialImageEventPayload
    item_id: str
    output_index: int
    partial_image_b64: str
    partial_image_index: int
    sequence_number: int
    background: str | None
    output_format: str | None
    quality: str | None
    size: str | None

class ResponseMcpCallArgumentsDeltaEvent(Event):
    type: Literal['response.mcp_call_arguments.delta']
    payload: ResponseMcpCallArgumentsDeltaEventPayload
    delta: str
    item_id: str
    output_index: int
    sequence_number: int

class ResponseMcpCallArgumentsDoneEvent(Event):
    type: Literal['response.mcp_call_arguments.done']
    payload: ResponseMcpCallArgumentsDoneEventPayload
    arguments: str
    item_id: str
    output_index: int
    sequence_number: int

class ResponseMcpCallCompletedEvent(Event):
    type: Literal['response.mcp_call.completed']
    payload: ResponseMcpCallCompletedEventPayload
    item_id: str
    output_index: int
    sequence_number: int

class ResponseMcpCallFailedEvent(Event):
    type: Literal['response.mcp_call.failed']
    payload: ResponseMcpCallFailedEventPayload
    item_id: str
    output_index: int
    sequence_number: int

class ResponseMcpCallInProgressEvent(Event):
    type: Literal['response.mcp_call.in_progress']
    payload: ResponseMcpCallInProgressEventPayload
    item_id: str
    output_index: int
    sequence_number: int

class ResponseMcpListToolsCompletedEvent(Event):
    type: Literal['response.mcp_list_tools.completed']
    payload: ResponseMcpListToolsCompletedEventPayload
    item_id: str
    output_index: int
    sequence_number: int

class ResponseMcpListToolsFailedEvent(Event):
    type: Literal['response.mcp_list_tools.failed']
    payload: ResponseMcpListToolsFailedEventPayload
    item_id: str
    output_index: int
    sequence_number: int

class ResponseMcpListToolsInProgressEvent(Event):
    type: Literal['response.mcp_list_tools.in_progress']
    payload: ResponseMcpListToolsInProgressEventPayload
    item_id: str
    output_index: int
    sequence_number: int

class ResponseOutputTextAnnotationAddedEvent(Event):
    type: Literal['response.output_text.annotation.added']
    payload: ResponseOutputTextAnnotationAddedEventPayload
    annotation: ResponseOutputTextAnnotationAddedEventAnnotationFileCitation | ResponseOutputTextAnnotationAddedEventAnnotationURLCitation | ResponseOutputTextAnnotationAddedEventAnnotationContainerFileCitation | ResponseOutputTextAnnotationAddedEventAnnotationFilePath | None | None
    annotation_index: int
    content_index: int
    item_id: str
    output_index: int
    sequence_number: int

class ResponseQueuedEvent(Event):
    type: Literal['response.queued']
    payload: ResponseQueuedEventPayload
    response: Response
    sequence_number: int

class ResponseCustomToolCallInputDeltaEvent(Event):
    type: Literal['response.custom_tool_call_input.delta']
    payload: ResponseCustomToolCallInputDeltaEventPayload
    delta: str
    item_id: str
    output_index: int
    sequence_number: int

class ResponseCustomToolCallInputDoneEvent(Event):
    type: Literal['response.custom_tool_call_input.done']
    payload: ResponseCustomToolCallInputDoneEventPayload
    input: str
    item_id: str
    output_index: int
    sequence_number: int

class ChatCompletionChunkEvent(Event):
    type: Literal['chat.completion.chunk']
    payload: ChatCompletionChunk
    id: str
    choices: list[Choice]
    created: int
    model: str
    object: Literal['chat.completion.chunk']
    moderation: ChatCompletionChunkModeration | None
    obfuscation: str | None
    service_tier: Literal['auto', 'default', 'flex', 'scale', 'priority', 'fast'] | None
    system_fingerprint: str | None
    usage: CompletionUsage | None

class CompletionEvent(Event):
    type: Literal['text_completion']
    payload: Completion
    id: str
    choices: list[CompletionChoice]
    created: int
    model: str
    object: Literal['text_completion']
    system_fingerprint: str | None
    usage: CompletionUsage | None

class MessageStartEvent(Event):
    type: Literal['message_start']
    payload: RawMessageStartEvent
    message: MessageMessage

class MessageDeltaEvent(Event):
    type: Literal['message_delta']
    payload: RawMessageDeltaEvent
    delta: RawMessageDeltaEventDelta
    usage: MessageDeltaUsage

class MessageStopEvent(Event):
    type: Literal['message_stop']
    payload: RawMessageStopEvent

class ContentBlockStartEvent(Event):
    type: Literal['content_block_start']
    payload: RawContentBlockStartEvent
    content_block: TextBlock | ThinkingBlock | RedactedThinkingBlock | ToolUseBlock | ServerToolUseBlock | WebSearchToolResultBlock | WebFetchToolResultBlock | CodeExecutionToolResultBlock | BashCodeExecutionToolResultBlock | TextEditorCodeExecutionToolResultBlock | ToolSearchToolResultBlock | ContainerUploadBlock

class ContentBlockDeltaEvent(Event):
    type: Literal['content_block_delta']
    payload: RawContentBlockDeltaEvent
    delta: TextDelta | InputJSONDelta | CitationsDelta | ThinkingDelta | SignatureDelta

class ContentBlockStopEvent(Event):
    type: Literal['content_block_stop']
    payload: RawContentBlockStopEvent

class InteractionEvents(Protocol):
    @overload
    def __call__(self, type: Literal['response.audio.delta'], /, *, dialect: str | None = None) -> Iterator[ResponseAudioDeltaEvent]: ...
    @overload
    def __call__(self, type: Literal['response.audio.done'], /, *, dialect: str | None = None) -> Iterator[ResponseAudioDoneEvent]: ...
    @overload
    def __call__(self, type: Literal['response.audio.transcript.delta'], /, *, dialect: str | None = None) -> Iterator[ResponseAudioTranscriptDeltaEvent]: ...
    @overload
    def __call__(self, type: Literal['response.audio.transcript.done'], /, *, dialect: str | None = None) -> Iterator[ResponseAudioTranscriptDoneEvent]: ...
    @overload
    def __call__(self, type: Literal['response.code_interpreter_call_code.delta'], /, *, dialect: str | None = None) -> Iterator[ResponseCodeInterpreterCallCodeDeltaEvent]: ...
    @overload
    def __call__(self, type: Literal['response.code_interpreter_call_code.done'], /, *, dialect: str | None = None) -> Iterator[ResponseCodeInterpreterCallCodeDoneEvent]: ...
    @overload
    def __call__(self, type: Literal['response.code_interpreter_call.completed'], /, *, dialect: str | None = None) -> Iterator[ResponseCodeInterpreterCallCompletedEvent]: ...
    @overload
    def __call__(self, type: Literal['response.code_interpreter_call.in_progress'], /, *, dialect: str | None = None) -> Iterator[ResponseCodeInterpreterCallInProgressEvent]: ...
    @overload
    def __call__(self, type: Literal['response.code_interpreter_call.interpreting'], /, *, dialect: str | None = None) -> Iterator[ResponseCodeInterpreterCallInterpretingEvent]: ...
    @overload
    def __call__(self, type: Literal['response.compaction.compacting'], /, *, dialect: str | None = None) -> Iterator[ResponseCompactionCompactingEvent]: ...
    @overload
    def __call__(self, type: Literal['response.completed'], /, *, dialect: str | None = None) -> Iterator[ResponseCompletedEvent]: ...
    @overload
    def __call__(self, type: Literal['response.content_part.added'], /, *, dialect: str | None = None) -> Iterator[ResponseContentPartAddedEvent]: ...
    @overload
    def __call__(self, type: Literal['response.content_part.done'], /, *, dialect: str | None = None) -> Iterator[ResponseContentPartDoneEvent]: ...
    @overload
    def __call__(self, type: Literal['response.created'], /, *, dialect: str | None = None) -> Iterator[ResponseCreatedEvent]: ...
    @overload
    def __call__(self, type: Literal['error'], /, *, dialect: str | None = None) -> Iterator[ResponseErrorEvent]: ...
    @overload
    def __call__(self, type: Literal['response.file_search_call.completed'], /, *, dialect: str | None = None) -> Iterator[ResponseFileSearchCallCompletedEvent]: ...
    @overload
    def __call__(self, type: Literal['response.file_search_call.in_progress'], /, *, dialect: str | None = None) -> Iterator[ResponseFileSearchCallInProgressEvent]: ...
    @overload
    def __call__(self, type: Literal['response.file_search_call.searching'], /, *, dialect: str | None = None) -> Iterator[ResponseFileSearchCallSearchingEvent]: ...
    @overload
    def __call__(self, type: Literal['response.function_call_arguments.delta'], /, *, dialect: str | None = None) -> Iterator[ResponseFunctionCallArgumentsDeltaEvent]: ...
    @overload
    def __call__(self, type: Literal['response.function_call_arguments.done'], /, *, dialect: str | None = None) -> Iterator[ResponseFunctionCallArgumentsDoneEvent]: ...
    @overload
    def __call__(self, type: Literal['response.shell_call_command.added'], /, *, dialect: str | None = None) -> Iterator[ResponseShellCallCommandAddedEvent]: ...
    @overload
    def __call__(self, type: Literal['response.shell_call_command.delta'], /, *, dialect: str | None = None) -> Iterator[ResponseShellCallCommandDeltaEvent]: ...
    @overload
    def __call__(self, type: Literal['response.shell_call_command.done'], /, *, dialect: str | None = None) -> Iterator[ResponseShellCallCommandDoneEvent]: ...
    @overload
    def __call__(self, type: Literal['response.shell_call_output_content.delta'], /, *, dialect: str | None = None) -> Iterator[ResponseShellCallOutputContentDeltaEvent]: ...
    @overload
    def __call__(self, type: Literal['response.shell_call_output_content.done'], /, *, dialect: str | None = None) -> Iterator[ResponseShellCallOutputContentDoneEvent]: ...
    @overload
    def __call__(self, type: Literal['response.in_progress'], /, *, dialect: str | None = None) -> Iterator[ResponseInProgressEvent]: ...
    @overload
    def __call__(self, type: Literal['response.failed'], /, *, dialect: str | None = None) -> Iterator[ResponseFailedEvent]: ...
    @overload
    def __call__(self, type: Literal['response.incomplete'], /, *, dialect: str | None = None) -> Iterator[ResponseIncompleteEvent]: ...
    @overload
    def __call__(self, type: Literal['response.output_item.added'], /, *, dialect: str | None = None) -> Iterator[ResponseOutputItemAddedEvent]: ...
    @overload
    def __call__(self, type: Literal['response.output_item.done'], /, *, dialect: str | None = None) -> Iterator[ResponseOutputItemDoneEvent]: ...
    @overload
    def __call__(self, type: Literal['response.reasoning_summary_part.added'], /, *, dialect: str | None = None) -> Iterator[ResponseReasoningSummaryPartAddedEvent]: ...
    @overload
    def __call__(self, type: Literal['response.reasoning_summary_part.done'], /, *, dialect: str | None = None) -> Iterator[ResponseReasoningSummaryPartDoneEvent]: ...
    @overload
    def __call__(self, type: Literal['response.reasoning_summary_text.delta'], /, *, dialect: str | None = None) -> Iterator[ResponseReasoningSummaryTextDeltaEvent]: ...
    @overload
    def __call__(self, type: Literal['response.reasoning_summary_text.done'], /, *, dialect: str | None = None) -> Iterator[ResponseReasoningSummaryTextDoneEvent]: ...
    @overload
    def __call__(self, type: Literal['response.reasoning_text.delta'], /, *, dialect: str | None = None) -> Iterator[ResponseReasoningTextDeltaEvent]: ...
    @overload
    def __call__(self, type: Literal['response.reasoning_text.done'], /, *, dialect: str | None = None) -> Iterator[ResponseReasoningTextDoneEvent]: ...
    @overload
    def __call__(self, type: Literal['response.refusal.delta'], /, *, dialect: str | None = None) -> Iterator[ResponseRefusalDeltaEvent]: ...
    @overload
    def __call__(self, type: Literal['response.refusal.done'], /, *, dialect: str | None = None) -> Iterator[ResponseRefusalDoneEvent]: ...
    @overload
    def __call__(self, type: Literal['response.output_text.delta'], /, *, dialect: str | None = None) -> Iterator[ResponseTextDeltaEvent]: ...
    @overload
    def __call__(self, type: Literal['response.output_text.done'], /, *, dialect: str | None = None) -> Iterator[ResponseTextDoneEvent]: ...
    @overload
    def __call__(self, type: Literal['response.web_search_call.completed'], /, *, dialect: str | None = None) -> Iterator[ResponseWebSearchCallCompletedEvent]: ...
    @overload
    def __call__(self, type: Literal['response.web_search_call.in_progress'], /, *, dialect: str | None = None) -> Iterator[ResponseWebSearchCallInProgressEvent]: ...
    @overload
    def __call__(self, type: Literal['response.web_search_call.searching'], /, *, dialect: str | None = None) -> Iterator[ResponseWebSearchCallSearchingEvent]: ...
    @overload
    def __call__(self, type: Literal['response.image_generation_call.completed'], /, *, dialect: str | None = None) -> Iterator[ResponseImageGenCallCompletedEvent]: ...
    @overload
    def __call__(self, type: Literal['response.image_generation_call.generating'], /, *, dialect: str | None = None) -> Iterator[ResponseImageGenCallGeneratingEvent]: ...
    @overload
    def __call__(self, type: Literal['response.image_generation_call.in_progress'], /, *, dialect: str | None = None) -> Iterator[ResponseImageGenCallInProgressEvent]: ...
    @overload
    def __call__(self, type: Literal['response.image_generation_call.partial_image'], /, *, dialect: str | None = None) -> Iterator[ResponseImageGenCallPartialImageEvent]: ...
    @overload
    def __call__(self, type: Literal['response.mcp_call_arguments.delta'], /, *, dialect: str | None = None) -> Iterator[ResponseMcpCallArgumentsDeltaEvent]: ...
    @overload
    def __call__(self, type: Literal['response.mcp_call_arguments.done'], /, *, dialect: str | None = None) -> Iterator[ResponseMcpCallArgumentsDoneEvent]: ...
    @overload
    def __call__(self, type: Literal['response.mcp_call.completed'], /, *, dialect: str | None = None) -> Iterator[ResponseMcpCallCompletedEvent]: ...
    @overload
    def __call__(self, type: Literal['response.mcp_call.failed'], /, *, dialect: str | None = None) -> Iterator[ResponseMcpCallFailedEvent]: ...
    @overload
    def __call__(self, type: Literal['response.mcp_call.in_progress'], /, *, dialect: str | None = None) -> Iterator[ResponseMcpCallInProgressEvent]: ...
    @overload
    def __call__(self, type: Literal['response.mcp_list_tools.completed'], /, *, dialect: str | None = None) -> Iterator[ResponseMcpListToolsCompletedEvent]: ...
    @overload
    def __call__(self, type: Literal['response.mcp_list_tools.failed'], /, *, dialect: str | None = None) -> Iterator[ResponseMcpListToolsFailedEvent]: ...
    @overload
    def __call__(self, type: Literal['response.mcp_list_tools.in_progress'], /, *, dialect: str | None = None) -> Iterator[ResponseMcpListToolsInProgressEvent]: ...
    @overload
    def __call__(self, type: Literal['response.output_text.annotation.added'], /, *, dialect: str | None = None) -> Iterator[ResponseOutputTextAnnotationAddedEvent]: ...
    @overload
    def __call__(self, type: Literal['response.queued'], /, *, dialect: str | None = None) -> Iterator[ResponseQueuedEvent]: ...
    @overload
    def __call__(self, type: Literal['response.custom_tool_call_input.delta'], /, *, dialect: str | None = None) -> Iterator[ResponseCustomToolCallInputDeltaEvent]: ...
    @overload
    def __call__(self, type: Literal['response.custom_tool_call_input.done'], /, *, dialect: str | None = None) -> Iterator[ResponseCustomToolCallInputDoneEvent]: ...
    @overload
    def __call__(self, type: Literal['chat.completion.chunk'], /, *, dialect: str | None = None) -> Iterator[ChatCompletionChunkEvent]: ...
    @overload
    def __call__(self, type: Literal['text_completion'], /, *, dialect: str | None = None) -> Iterator[CompletionEvent]: ...
    @overload
    def __call__(self, type: Literal['message_start'], /, *, dialect: str | None = None) -> Iterator[MessageStartEvent]: ...
    @overload
    def __call__(self, type: Literal['message_delta'], /, *, dialect: str | None = None) -> Iterator[MessageDeltaEvent]: ...
    @overload
    def __call__(self, type: Literal['message_stop'], /, *, dialect: str | None = None) -> Iterator[MessageStopEvent]: ...
    @overload
    def __call__(self, type: Literal['content_block_start'], /, *, dialect: str | None = None) -> Iterator[ContentBlockStartEvent]: ...
    @overload
    def __call__(self, type: Literal['content_block_delta'], /, *, dialect: str | None = None) -> Iterator[ContentBlockDeltaEvent]: ...
    @overload
    def __call__(self, type: Literal['content_block_stop'], /, *, dialect: str | None = None) -> Iterator[ContentBlockStopEvent]: ...
    @overload
    def __call__(self, *types: str, dialect: str | None = None) -> Iterator[Event]:
        """The events of a stream, or only those of the given types.

        `dialect` forces one by name instead of choosing it from the request and the first frames.
        """

class SessionEvents(Protocol):
    @overload
    def __call__(self, type: Literal['response.audio.delta'], /, *, dialect: str | None = None) -> tuple[ResponseAudioDeltaEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.audio.done'], /, *, dialect: str | None = None) -> tuple[ResponseAudioDoneEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.audio.transcript.delta'], /, *, dialect: str | None = None) -> tuple[ResponseAudioTranscriptDeltaEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.audio.transcript.done'], /, *, dialect: str | None = None) -> tuple[ResponseAudioTranscriptDoneEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.code_interpreter_call_code.delta'], /, *, dialect: str | None = None) -> tuple[ResponseCodeInterpreterCallCodeDeltaEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.code_interpreter_call_code.done'], /, *, dialect: str | None = None) -> tuple[ResponseCodeInterpreterCallCodeDoneEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.code_interpreter_call.completed'], /, *, dialect: str | None = None) -> tuple[ResponseCodeInterpreterCallCompletedEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.code_interpreter_call.in_progress'], /, *, dialect: str | None = None) -> tuple[ResponseCodeInterpreterCallInProgressEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.code_interpreter_call.interpreting'], /, *, dialect: str | None = None) -> tuple[ResponseCodeInterpreterCallInterpretingEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.compaction.compacting'], /, *, dialect: str | None = None) -> tuple[ResponseCompactionCompactingEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.completed'], /, *, dialect: str | None = None) -> tuple[ResponseCompletedEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.content_part.added'], /, *, dialect: str | None = None) -> tuple[ResponseContentPartAddedEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.content_part.done'], /, *, dialect: str | None = None) -> tuple[ResponseContentPartDoneEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.created'], /, *, dialect: str | None = None) -> tuple[ResponseCreatedEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['error'], /, *, dialect: str | None = None) -> tuple[ResponseErrorEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.file_search_call.completed'], /, *, dialect: str | None = None) -> tuple[ResponseFileSearchCallCompletedEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.file_search_call.in_progress'], /, *, dialect: str | None = None) -> tuple[ResponseFileSearchCallInProgressEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.file_search_call.searching'], /, *, dialect: str | None = None) -> tuple[ResponseFileSearchCallSearchingEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.function_call_arguments.delta'], /, *, dialect: str | None = None) -> tuple[ResponseFunctionCallArgumentsDeltaEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.function_call_arguments.done'], /, *, dialect: str | None = None) -> tuple[ResponseFunctionCallArgumentsDoneEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.shell_call_command.added'], /, *, dialect: str | None = None) -> tuple[ResponseShellCallCommandAddedEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.shell_call_command.delta'], /, *, dialect: str | None = None) -> tuple[ResponseShellCallCommandDeltaEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.shell_call_command.done'], /, *, dialect: str | None = None) -> tuple[ResponseShellCallCommandDoneEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.shell_call_output_content.delta'], /, *, dialect: str | None = None) -> tuple[ResponseShellCallOutputContentDeltaEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.shell_call_output_content.done'], /, *, dialect: str | None = None) -> tuple[ResponseShellCallOutputContentDoneEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.in_progress'], /, *, dialect: str | None = None) -> tuple[ResponseInProgressEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.failed'], /, *, dialect: str | None = None) -> tuple[ResponseFailedEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.incomplete'], /, *, dialect: str | None = None) -> tuple[ResponseIncompleteEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.output_item.added'], /, *, dialect: str | None = None) -> tuple[ResponseOutputItemAddedEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.output_item.done'], /, *, dialect: str | None = None) -> tuple[ResponseOutputItemDoneEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.reasoning_summary_part.added'], /, *, dialect: str | None = None) -> tuple[ResponseReasoningSummaryPartAddedEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.reasoning_summary_part.done'], /, *, dialect: str | None = None) -> tuple[ResponseReasoningSummaryPartDoneEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.reasoning_summary_text.delta'], /, *, dialect: str | None = None) -> tuple[ResponseReasoningSummaryTextDeltaEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.reasoning_summary_text.done'], /, *, dialect: str | None = None) -> tuple[ResponseReasoningSummaryTextDoneEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.reasoning_text.delta'], /, *, dialect: str | None = None) -> tuple[ResponseReasoningTextDeltaEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.reasoning_text.done'], /, *, dialect: str | None = None) -> tuple[ResponseReasoningTextDoneEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.refusal.delta'], /, *, dialect: str | None = None) -> tuple[ResponseRefusalDeltaEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.refusal.done'], /, *, dialect: str | None = None) -> tuple[ResponseRefusalDoneEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.output_text.delta'], /, *, dialect: str | None = None) -> tuple[ResponseTextDeltaEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.output_text.done'], /, *, dialect: str | None = None) -> tuple[ResponseTextDoneEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.web_search_call.completed'], /, *, dialect: str | None = None) -> tuple[ResponseWebSearchCallCompletedEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.web_search_call.in_progress'], /, *, dialect: str | None = None) -> tuple[ResponseWebSearchCallInProgressEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.web_search_call.searching'], /, *, dialect: str | None = None) -> tuple[ResponseWebSearchCallSearchingEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.image_generation_call.completed'], /, *, dialect: str | None = None) -> tuple[ResponseImageGenCallCompletedEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.image_generation_call.generating'], /, *, dialect: str | None = None) -> tuple[ResponseImageGenCallGeneratingEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.image_generation_call.in_progress'], /, *, dialect: str | None = None) -> tuple[ResponseImageGenCallInProgressEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.image_generation_call.partial_image'], /, *, dialect: str | None = None) -> tuple[ResponseImageGenCallPartialImageEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.mcp_call_arguments.delta'], /, *, dialect: str | None = None) -> tuple[ResponseMcpCallArgumentsDeltaEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.mcp_call_arguments.done'], /, *, dialect: str | None = None) -> tuple[ResponseMcpCallArgumentsDoneEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.mcp_call.completed'], /, *, dialect: str | None = None) -> tuple[ResponseMcpCallCompletedEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.mcp_call.failed'], /, *, dialect: str | None = None) -> tuple[ResponseMcpCallFailedEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.mcp_call.in_progress'], /, *, dialect: str | None = None) -> tuple[ResponseMcpCallInProgressEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.mcp_list_tools.completed'], /, *, dialect: str | None = None) -> tuple[ResponseMcpListToolsCompletedEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.mcp_list_tools.failed'], /, *, dialect: str | None = None) -> tuple[ResponseMcpListToolsFailedEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.mcp_list_tools.in_progress'], /, *, dialect: str | None = None) -> tuple[ResponseMcpListToolsInProgressEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.output_text.annotation.added'], /, *, dialect: str | None = None) -> tuple[ResponseOutputTextAnnotationAddedEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.queued'], /, *, dialect: str | None = None) -> tuple[ResponseQueuedEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.custom_tool_call_input.delta'], /, *, dialect: str | None = None) -> tuple[ResponseCustomToolCallInputDeltaEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['response.custom_tool_call_input.done'], /, *, dialect: str | None = None) -> tuple[ResponseCustomToolCallInputDoneEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['chat.completion.chunk'], /, *, dialect: str | None = None) -> tuple[ChatCompletionChunkEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['text_completion'], /, *, dialect: str | None = None) -> tuple[CompletionEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['message_start'], /, *, dialect: str | None = None) -> tuple[MessageStartEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['message_delta'], /, *, dialect: str | None = None) -> tuple[MessageDeltaEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['message_stop'], /, *, dialect: str | None = None) -> tuple[MessageStopEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['content_block_start'], /, *, dialect: str | None = None) -> tuple[ContentBlockStartEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['content_block_delta'], /, *, dialect: str | None = None) -> tuple[ContentBlockDeltaEvent, ...]: ...
    @overload
    def __call__(self, type: Literal['content_block_stop'], /, *, dialect: str | None = None) -> tuple[ContentBlockStopEvent, ...]: ...
    @overload
    def __call__(self, *types: str, dialect: str | None = None) -> tuple[Event, ...]:
        """The events of a stream, or only those of the given types.

        `dialect` forces one by name instead of choosing it from the request and the first frames.
        """
