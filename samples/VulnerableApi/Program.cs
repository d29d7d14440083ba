using Newtonsoft.Json;

var app = WebApplication.CreateBuilder(args).Build();

app.MapGet("/", () => Results.Content(JsonConvert.SerializeObject(new { hello = System.Configuration.ConfigurationManager.AppSettings["who"] ?? "world" }), "application/json"));

app.Run();
