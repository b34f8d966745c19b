"""The kinds of secrets that have a shape of their own: one table, a row for each.

Facts only: prefix, alphabet, length. They were read on 2026-11-27 in the lists that are maintained
for this: gitleaks (rules of 2026-07-22, "g"), trufflehog (detectors of 2026-08-21, "t") and
detect-secrets (plugins of 2026-04-02, "d"); "i" is the issuer's own documentation.

A shape is text with runs in braces: an alphabet, then a length. `{h32}` is 32 characters of hex or
more, as issuers make their keys longer over time; `{h32!}` exactly 32, with no such character
after them, for prefixes that words or base64 may begin with.
"""

from __future__ import annotations

import re
from typing import NamedTuple

ALPHABETS = {
    "h": "0-9a-f",
    "H": "0-9a-fA-F",
    "d": "0-9",
    "l": "0-9a-z",
    "u": "0-9A-Z",
    "a": "0-9A-Za-z",
    "w": "0-9A-Za-z_-",
    "b": "0-9A-Za-z+/",
    "s": "0-9A-Za-z_.=-",
}
_RUN = re.compile(r"\{([a-zA-Z])(\d+)(!?)\}")


class Kind(NamedTuple):
    """One shape: who issues it, what it looks like, who documents that."""

    name: str
    shape: str
    sources: str

    @property
    def literal(self) -> str:
        """What every secret of this shape begins with."""
        return self.shape.partition("{")[0]

    @property
    def expression(self) -> str:
        """The shape as a regular expression, without what may stand before it."""
        parts, at = [], 0
        runs = list(_RUN.finditer(self.shape))
        for run in runs:
            parts.append(re.escape(self.shape[at : run.start()]))
            at = run.end()
            alphabet, size, exact = ALPHABETS[run[1]], run[2], bool(run[3])
            open_end = not exact and (at == len(self.shape) or run[1] in "ws")
            parts.append(f"[{alphabet}]{{{size}{',' if open_end else ''}}}")
            if run[1] == "b" and at == len(self.shape):
                parts.append("={0,2}")
            if exact and at == len(self.shape):
                parts.append("(?![_-]{0,3}[0-9A-Za-z]|[_-]{4})")  # `_KEY_` is Markdown
        return "".join(parts) + re.escape(self.shape[at:])


def _rows(text: str) -> tuple[Kind, ...]:
    rows = (line.split() for line in text.strip().splitlines() if line.strip())
    return tuple(Kind(name, shape, sources) for name, shape, sources in rows)


KINDS: tuple[Kind, ...] = _rows("""
    1password      ops_eyJ{b100}                                g
    adafruit       aio_{a28!}                                   t
    adobe          p8e-{l32}                                    g
    age            AGE-SECRET-KEY-1{u58}                        g
    airtable       pat{a14}.{h64}                               g
    airtable       oaa{a14}.v1.{w20}.{h32}                      t
    aiven          AVNS_{w16}                                   i
    akamai         akab-{l16}-{l16}                             i
    alibaba        LTAI{a17}                                    gt
    anthropic      sk-ant-{w16}                                 gti
    anyscale       esecret_{l20}                                i
    apify          apify_api_{a30}                              t
    appsync        da2-{l26!}                                   t
    artifactory    AKCp{a69}                                    gtd
    artifactory    cmVmdGtu{a56}                                gt
    atlassian      ATATT3{s80}                                  gt
    atlassian      ATCTT3{s80}                                  t
    atlassian      ATSTT3{s80}                                  i
    aws            ABSK{b60}                                    g
    aws            bedrock-api-key-{s20}                        g
    aws            FwoGZXIvYXdz{b100}                           i
    aws            FQoGZXIvYXdz{b100}                           i
    aws            IQoJb3JpZ2lu{b100}                           i
    axiom          xaat-{h8}-{h4}-{h4}-{h4}-{h12}               i
    axiom          xapt-{h8}-{h4}-{h4}-{h4}-{h12}               i
    baidu          bce-v3/ALTAK-{a21}/{h40}                     i
    bannerbear     bb_pr_{h30}                                  t
    bannerbear     bb_ma_{h30}                                  t
    bitbucket      ATBB{a24}                                    t
    bitbucket      BBDC-{b40}                                   t
    bitcoin        xprv{a107!}                                  i
    braintree      access_token$production${l16}${h32}          i
    braintree      access_token$sandbox${l16}${h32}             i
    brave          BSA{w24!}                                    i
    browserbase    bb_live_{w20}                                i
    buildkite      bkua_{l40}                                   t
    cartesia       sk_car_{w20}                                 i
    cerebras       csk-{a32}                                    i
    chroma         ck-{a43!}                                    i
    circleci       CCIPAT_{a22}_{H40}                           t
    clickhouse     4b1d{a38!}                                   g
    clickup        pk_{d8}_{u32!}                               t
    clojars        CLOJARS_{l60}                                g
    cloudflare     cfut_{a40}                                   t
    cloudflare     cfat_{a40}                                   t
    cloudflare     cfk_{a40}                                    t
    cloudflare     v1.0-{h24}-{h140}                            gt
    cockroachdb    CCDB1_{a22}_{a40}                            i
    composio       ak_{w20!}                                    i
    confluent      cflt{b60!}                                   i
    contentful     CFPAT-{w40}                                  t
    crates         cio{a32!}                                    i
    cursor         key_{h64!}                                   i
    cursor         crsr_{h64!}                                  i
    databricks     dapi{h32}                                    gt
    databricks     dose{h32!}                                   i
    daytona        dtn_{h64!}                                   i
    dbt            dbtc_{w40}                                   i
    dbt            dbts_{w40}                                   i
    dbt            dbtu_{w40}                                   i
    definednet     dnkey-{s79}                                  g
    deno           ddp_{a36!}                                   t
    deno           ddw_{a36!}                                   t
    digitalocean   doo_v1_{h64}                                 gt
    digitalocean   dop_v1_{h64}                                 gt
    digitalocean   dor_v1_{h64}                                 gt
    docker         dckr_pat_{w27}                               t
    docker         dckr_oat_{w32}                               t
    doppler        dp.pt.{a40}                                  gt
    doppler        dp.ct.{a40}                                  t
    doppler        dp.sa.{a40}                                  t
    doppler        dp.scim.{a40}                                t
    doppler        dp.audit.{a40}                               t
    doppler        dp.st.{s40}                                  t
    duffel         duffel_live_{s40}                            g
    duffel         duffel_test_{s40}                            g
    dynatrace      dt0c01.{a24}.{a64}                           g
    dynatrace      dt0s01.{a24}.{a64}                           i
    dynatrace      dt0s16.{a24}.{a64}                           i
    e2b            e2b_{h40!}                                   i
    easypost       EZAK{a54}                                    g
    easypost       EZTK{a54}                                    g
    elastic        essu_{b40}                                   i
    elevenlabs     sk_{h48!}                                    t
    endorlabs      endr+{w16}                                   t
    facebook       EAAM{a100}                                   g
    facebook       EAAC{a100}                                   g
    facebook       EAAG{a100}                                   i
    facebook       EAAB{a100}                                   i
    figma          figd_{w40}                                   t
    figma          figp_{s40}                                   t
    figma          figu_{s40}                                   i
    figma          figoh_{w40}                                  t
    figma          figor_{w40}                                  t
    figma          figur_{w40}                                  t
    figma          figuh_{w40}                                  t
    finage         API_KEY{u32!}                                t
    firecrawl      fc-{h32!}                                    i
    fireworks      fw_{a20!}                                    i
    fireworks      fw_{a24!}                                    i
    fleetbase      flb_live_{a20}                               t
    flexport       shltm_{w40}                                  t
    flutterwave    FLWSECK-{l32}                                t
    flutterwave    FLWSECK_TEST-{l12}                           g
    flutterwave    FLWPUBK_TEST-{l32}                           g
    flutterwave    FLWPUBK-{l32}                                i
    flyio          fo1_{w43}                                    g
    flyio          fm1a_{b100}                                  g
    flyio          fm1r_{b100}                                  g
    flyio          fm2_{b100}                                   gt
    frameio        fio-u-{s60}                                  gt
    friendli       flp_{a40!}                                   i
    fullstory      na1.{b100}                                   t
    github         ghp_{a30}                                    gtd
    github         gho_{a30}                                    gtd
    github         ghu_{a30}                                    gtd
    github         ghs_{a30}                                    gtd
    github         ghr_{a30}                                    gtd
    github         github_pat_{w36}                             gt
    gitlab         glpat-{s18}                                  gtd
    gitlab         gldt-{w18}                                   gd
    gitlab         glrt-{s18}                                   gd
    gitlab         glptt-{w18}                                  gd
    gitlab         glcbt-{w20}                                  gd
    gitlab         glffct-{w20}                                 g
    gitlab         glft-{w20}                                   gd
    gitlab         glimt-{w20}                                  gd
    gitlab         glagent-{w40}                                gd
    gitlab         gloas-{w40}                                  gtd
    gitlab         glsoat-{w20}                                 gd
    gitlab         GR1348941{w20}                               gd
    gitlab         glrtr-{w20}                                  i
    gitlab         glwt-{w20}                                   i
    gocardless     live_{s40!}                                  gt
    google         AIza{w35!}                                   gt
    google         ya29.{s20}                                   t
    google         GOCSPX-{w20}                                 i
    google         AQ.Ab{w30}                                   i
    google         1//0{w40}                                    i
    grafana        glc_{b32}                                    gt
    grafana        glsa_{a32}_{H8}                              gt
    grafana        eyJrIjoi{b60}                                g
    groq           gsk_{a30}                                    t
    harness        pat.{w22}.{a24}.{a20}                        g
    harness        sat.{w22}.{a24}.{a20}                        g
    heroku         HRKU-{w36}                                   gt
    honeycomb      hcaik_{a32}                                  i
    honeycomb      hcamk_{a32}                                  i
    hubspot        pat-na1-{H8}-{H4}-{H4}-{H4}-{H12}            t
    hubspot        pat-eu1-{H8}-{H4}-{H4}-{H4}-{H12}            t
    hubspot        pat-na2-{H8}-{H4}-{H4}-{H4}-{H12}            i
    huggingface    hf_{a30}                                     gt
    huggingface    api_org_{a30}                                gt
    infracost      ico-{a32!}                                   g
    instagram      IGQW{w100}                                   i
    intra42        s-s4t2ud-{h64}                               gt
    intra42        s-s4t2af-{h64}                               gt
    jina           jina_{w40}                                   i
    klaviyo        pk_{h34!}                                    t
    langfuse       sk-lf-{h8}-{h4}-{h4}-{h4}-{h12}              t
    langfuse       pk-lf-{h8}-{h4}-{h4}-{h4}-{h12}              t
    langsmith      lsv2_pt_{h32}_{h10}                          t
    langsmith      lsv2_sk_{h32}_{h10}                          t
    langsmith      ls__{h32!}                                   i
    launchdarkly   api-{l8}-{l4}-4{l3}-{l4}-{l12}               t
    launchdarkly   sdk-{l8}-{l4}-4{l3}-{l4}-{l12}               t
    linear         lin_api_{a32}                                gt
    linear         lin_oauth_{h60}                              i
    linkedin       WPL_AP0.{w16}                                i
    linkedin       WPL_AP1.{w16}                                i
    llamacloud     llx-{a30}                                    i
    lob            live_{h35!}                                  t
    lob            test_{h35!}                                  t
    logfire        pylf_v1_{w40}                                i
    mailgun        key-{l32!}                                   gt
    mailgun        pubkey-{h32!}                                g
    mapbox         sk.eyJ{s60}                                  ti
    mapbox         pk.eyJ{s60}                                  gi
    mem0           m0-{a40!}                                    i
    modal          ak-{a22!}                                    i
    modal          as-{a22!}                                    i
    mongodb        mdb_sa_sk_{w40}                              i
    neon           napi_{l40}                                   i
    netlify        nfp_{w36!}                                   t
    netlify        nfc_{w36!}                                   i
    netlify        nfo_{w36!}                                   i
    newrelic       NRAK-{u27}                                   gt
    newrelic       NRII-{w25}                                   gt
    newrelic       NRIQ-{w25}                                   t
    newrelic       NRJS-{h19}                                   g
    newrelic       NRBR-{h19}                                   t
    ngrok          ngrok_{w40}                                  i
    nightfall      NF-{a32!}                                    t
    notion         ntn_{a40}                                    g
    notion         secret_{a43!}                                t
    npm            npm_{a36!}                                   gtd
    nuget          oy2{l43!}                                    i
    nvidia         nvapi-{w40}                                  t
    octopus        API-{u26!}                                   g
    openai         ek_{H24}                                     i
    openai         sess-{a32}                                   i
    openshift      sha256~{w43}                                 g
    ory            ory_at_{w40}                                 i
    ory            ory_pat_{a32}                                i
    ory            ory_rt_{w40}                                 i
    ory            ory_st_{a32}                                 i
    packagist      packagist_ort_{h60}                          i
    packagist      packagist_uut_{h60}                          i
    pagarme        ak_live_{a30}                                t
    paystack       sk_live_{a40}                                t
    perplexity     pplx-{a32}                                   gi
    pganalyze      pgar_{a27}                                   t
    photoroom      sk_pr_{w40}                                  t
    pinecone       pcsk_{a5}_{a60}                              t
    pinecone       pcsk_{a6}_{a60}                              t
    plaid          access-sandbox-{h8}-{h4}-{h4}-{h4}-{h12}     gt
    plaid          access-production-{h8}-{h4}-{h4}-{h4}-{h12}  gt
    plaid          access-development-{h8}-{h4}-{h4}-{h4}-{h12} g
    planetscale    pscale_tkn_{s32}                             gt
    planetscale    pscale_pw_{s32}                              gt
    planetscale    pscale_oauth_{s32}                           g
    portainer      ptr_{b40!}                                   t
    posthog        phx_{w40}                                    t
    posthog        phc_{w40}                                    i
    posthog        phs_{w40}                                    i
    postman        PMAK-{H24}-{H34}                             gt
    prefect        pnu_{a36!}                                   gt
    pulumi         pul-{l40!}                                   gt
    pypi           pypi-AgE{w40}                                gd
    qovery         qov_{a40}                                    i
    ramp           ramp_sec_{a48}                               t
    ramp           ramp_id_{a40}                                t
    razorpay       rzp_live_{a14}                               t
    razorpay       rzp_test_{a14}                               i
    readme         rdme_{l70}                                   gt
    recharge       sk_1x1_{H64}                                 t
    render         rnd_{a32!}                                   i
    replicate      r8_{w37!}                                    t
    resend         re_{a8}_{a24!}                               i
    robinhood      rh-api-{H8}-{H4}-{H4}-{H4}-{H12}             t
    rootly         rootly_{h64}                                 t
    rubygems       rubygems_{a48}                               gt
    runpod         rpa_{u40}                                    i
    salad          salad_cloud_{w20}                            t
    salesforce     3MVG9{s80}                                   t
    salesforce     5AEP861{s80}                                 t
    scalingo       tk-us-{w48}                                  g
    sendinblue     xkeysib-{w64}                                gt
    sentry         sntrys_{s60}                                 gt
    sentry         sntryu_{h64}                                 gt
    settlemint     sm_aat_{a16}                                 g
    settlemint     sm_pat_{a16}                                 g
    settlemint     sm_sat_{a16}                                 g
    shippo         shippo_live_{H40}                            g
    shippo         shippo_test_{H40}                            g
    shopify        shpat_{H32}                                  gt
    shopify        shpca_{H32}                                  g
    shopify        shppa_{H32}                                  gt
    shopify        shpss_{H32}                                  gt
    shopify        shptka_{H32}                                 i
    shopify        shpua_{H32}                                  i
    snyk           snyk_uat.{h8}.{s40}                          i
    snyk           snyk_sat.{h8}.{s40}                          i
    sonar          squ_{h40!}                                   g
    sonar          sqp_{h40!}                                   g
    sonar          sqa_{h40!}                                   g
    sonar          sqco_{a59}                                   t
    sourcegraph    sgp_{w40}                                    gt
    sourcegraph    slk_{h64!}                                   t
    spectral       spu-{l32!}                                   t
    square         EAAA{w60}                                    g
    square         sq0atp-{w22}                                 gd
    square         sq0csp-{w40}                                 td
    square         sq0idp-{w22}                                 td
    square         sandbox-sq0csb-{w40}                         t
    stripe         sk_live_{a10}                                gtd
    stripe         sk_test_{a10}                                gt
    stripe         sk_prod_{a10}                                g
    stripe         rk_live_{a10}                                gtd
    stripe         rk_test_{a10}                                gt
    stripe         rk_prod_{a10}                                g
    stytch         secret-live-{s36}                            i
    stytch         secret-test-{s36}                            i
    supabase       sbp_{l40!}                                   t
    supabase       sb_secret_{w20}                              i
    tailscale      tskey-{w20}                                  t
    tavily         tvly-{w20}                                   i
    telnyx         KEY{H32}_{a22}                               i
    tencent        AKID{a32!}                                   i
    together       tgp_v1_{w30}                                 i
    trello         ATTA{H64}                                    i
    trufflehog     thog-key-{h16}                               t
    trufflehog     thog-secret-{h32}                            t
    turbopuffer    tpuf_{a32}                                   i
    twilio         SK{H32!}                                     gtd
    typeform       tfp_{s40}                                    gt
    ubidots        BBFF-{a30}                                   t
    unkey          unkey_{a20}                                  i
    vault          hvs.{w24}                                    g
    vault          hvb.{w100}                                   g
    vault          hvr.{w24}                                    i
    vercel         vck_{a40}                                    i
    vercel         vercel_blob_rw_{w30}                         i
    vercel         vca_{a40}                                    i
    vercel         vci_{a40}                                    i
    vercel         vcp_{a40}                                    i
    vercel         vcr_{a40}                                    i
    voiceflow      VF.DM.{H24}.{a16}                            t
    voiceflow      VF.WS.{H24}.{a16}                            t
    voiceflow      VF.{H24}.{a16}                               t
    volcengine     AKLT{a32}                                    i
    voyage         pa-{w43!}                                    i
    wandb          wandb_v1_{w40}                               i
    webhook        whsec_{b20}                                  i
    xai            xai-{a40}                                    t
    xata           xau_{a32}                                    i
    yandex         AQVN{w35}                                    g
    zoho           1000.{h32}.{h32}                             t
    identity       org-{a24!}                                   i
    identity       org_01{l24!}                                 i
    identity       proj_{a24!}                                  i
""")
