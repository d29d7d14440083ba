using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Signing;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Signing;

/// <summary>Who a CI job is, read from its environment, and compared with the certificate that it got.</summary>
public sealed class JobIdentitySpecs
{
    private const string Run = "https://github.com/contoso/hello/actions/runs/17/attempts/2";

    private readonly FakeMachine _machine = new();

    [Theory]
    // The called workflow of another repository is in the certificate: the run decides.
    [InlineData("https://github.com/contoso/workflows/.github/workflows/publish.yml@refs/tags/v1", Run, true)]
    [InlineData("https://github.com/contoso/hello/.github/workflows/release.yml@refs/heads/main", "https://github.com/contoso/hello/actions/runs/18/attempts/1", false)]
    [InlineData("https://github.com/contoso/hello/.github/workflows/release.yml@refs/heads/main", null, true)]
    [InlineData("https://github.com/mallory/hello/.github/workflows/release.yml@refs/heads/main", null, false)]
    public void A_GitHub_job_is_known_by_its_run(string subject, string? run, bool same)
    {
        GitHub();
        Compare(new CertificateIdentity(subject, "https://token.actions.githubusercontent.com") { Run = run }, same);
    }

    [Theory]
    [InlineData("https://token.actions.githubusercontent.com/contoso", true)]
    [InlineData("https://token.actions.githubusercontent.com.example.com", false)]
    [InlineData("https://accounts.google.com", false)]
    public void The_issuer_counts_too(string issuer, bool same)
    {
        GitHub();
        Compare(new CertificateIdentity("https://github.com/contoso/hello/.github/workflows/release.yml@refs/heads/main", issuer) { Run = Run }, same);
    }

    [Theory]
    [InlineData("https://github.example.com", "https://github.example.com/_services/token")]
    [InlineData("https://contoso.ghe.com", "https://token.actions.contoso.ghe.com")]
    public void A_GitHub_of_ones_own_has_its_own_issuer(string server, string issuer)
    {
        GitHub();
        _machine.Variables["GITHUB_SERVER_URL"] = server;
        Find().ShouldBe(new JobIdentity(issuer, Find()!.Subjects, $"{server}/contoso/hello/actions/runs/17/attempts/2") { BrokeredIssuers = Find()!.BrokeredIssuers }, Comparer);
    }

    [Fact]
    public void A_GitLab_job_is_the_configuration_that_its_token_names()
    {
        _machine.Variables["GITLAB_CI"] = "true";
        _machine.Variables["SIGSTORE_ID_TOKEN"] = Sigstore.Token("project_path:group/app:ref_type:branch:ref:main", "https://gitlab.com", ("ci_config_ref_uri", "gitlab.com/group/app//.gitlab-ci.yml@refs/heads/main"));

        Compare(new CertificateIdentity("https://gitlab.com/group/app//.gitlab-ci.yml@refs/heads/main", "https://gitlab.com"), same: true);
        Compare(new CertificateIdentity("https://gitlab.com/group/other//.gitlab-ci.yml@refs/heads/main", "https://gitlab.com"), same: false);
    }

    [Theory]
    [InlineData("system:serviceaccount:build:publisher", "https://kubernetes.io/namespaces/build/serviceaccounts/publisher")]
    [InlineData("https://ci.example.com/x", "https://ci.example.com/x")]
    public void Other_tokens_name_their_subject(string subject, string expected)
    {
        _machine.Variables["SIGSTORE_ID_TOKEN"] = Sigstore.Token(subject);
        Find()!.Subjects.ShouldContain(expected);
    }

    [Fact]
    public void Buildkite_and_a_named_Google_account_are_known_by_their_variables()
    {
        _machine.Variables["BUILDKITE_AGENT_ACCESS_TOKEN"] = "x";
        Find().ShouldBeNull();
        _machine.Variables["BUILDKITE_ORGANIZATION_SLUG"] = "contoso";
        _machine.Variables["BUILDKITE_PIPELINE_SLUG"] = "hello";
        Find()!.Subjects.ShouldBe(["https://buildkite.com/contoso/hello"]);

        _machine.Variables.Clear();
        _machine.Variables["GOOGLE_SERVICE_ACCOUNT_NAME"] = "projects/-/serviceAccounts/build@contoso.iam.gserviceaccount.com";
        Find()!.Subjects.ShouldBe(["build@contoso.iam.gserviceaccount.com"]);
    }

    [Theory]
    [InlineData("not a token")]
    [InlineData("a.b.c")]
    [InlineData("e30.e30.e30")]
    [InlineData("e30.WzFd.e30")]
    public void What_is_no_token_is_said_before_the_build_and_not_repeated(string token)
    {
        _machine.Variables["SIGSTORE_ID_TOKEN"] = token;
        var error = Should.Throw<DiagnosticException>(Find);
        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.NothingToSignWith);
        error.Message.ShouldNotContain(token);
    }

    private static readonly IEqualityComparer<JobIdentity?> Comparer = EqualityComparer<JobIdentity?>.Create((left, right) => left?.Issuer == right?.Issuer && left?.Run == right?.Run);

    private JobIdentity? Find() => JobIdentity.Read(AmbientIdentity.Find(_machine)!, _machine);

    private void Compare(CertificateIdentity certificate, bool same)
    {
        if (same)
            Find()!.Check(certificate);
        else
            Should.Throw<DiagnosticException>(() => Find()!.Check(certificate)).Diagnostic.Code.ShouldBe(DiagnosticCodes.CertificateOfAnother);
    }

    private void GitHub()
    {
        foreach (var (name, value) in new[]
        {
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "x"), ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://x"), ("GITHUB_REPOSITORY", "contoso/hello"), ("GITHUB_RUN_ID", "17"),
            ("GITHUB_RUN_ATTEMPT", "2"), ("GITHUB_WORKFLOW_REF", "contoso/hello/.github/workflows/release.yml@refs/heads/main"),
        })
            _machine.Variables[name] = value;
    }
}
