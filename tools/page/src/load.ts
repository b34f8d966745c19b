/** What stands in a page as plain script: it unpacks the rest, whose digest the page's policy names. */

const code = document.getElementById("code")!;
try {
  const bytes = Uint8Array.from(atob(code.textContent!), (char) => char.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  void new Response(unpacked).text().then((text) => {
    const script = document.createElement("script");
    script.textContent = text;
    document.body.append(script);
    script.remove();
  });
} catch {
  document.body.append("This page needs a browser of 2023 or later.");
}
