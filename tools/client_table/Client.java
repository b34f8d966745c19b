// Reads a stream with Java's own client, as it comes by default: it offers HTTP/2 on http:// URLs.
//
//     java Client.java URL
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

class Client {
    public static void main(String[] arguments) throws Exception {
        var ask = "{\"model\": \"gpt-4.1\", \"input\": \"hi\", \"stream\": true}";
        var request = HttpRequest.newBuilder(URI.create(arguments[0]))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(ask))
            .build();
        var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofLines());
        System.out.println(answer.statusCode());
        answer.body().forEach(System.out::println);
    }
}
