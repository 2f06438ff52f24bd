import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallback;

/**
 * The broker's side of MSK IAM: takes the tokens that Amazon MSK takes, of the access keys that its options name.
 *
 * <p>A token is a presigned URL of the action kafka-cluster:Connect, in base64. AWS recomputes its signature (Version 4,
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html) and so does this. The access
 * key becomes the principal, so that ACLs can be set for it.
 *
 * <p>Options of the JAAS entry: {@code region}, and {@code key_<access key>="<secret key>"} for each key.
 */
public final class MskIamTokenValidator implements AuthenticateCallbackHandler {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'");

  private String region;
  private Map<String, ?> options;

  @Override
  public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) {
    options = entries.get(0).getOptions();
    region = (String) options.get("region");
  }

  @Override
  public void close() {}

  @Override
  public void handle(Callback[] callbacks) throws UnsupportedCallbackException {
    for (Callback callback : callbacks) {
      if (!(callback instanceof OAuthBearerValidatorCallback)) throw new UnsupportedCallbackException(callback);
      OAuthBearerValidatorCallback validation = (OAuthBearerValidatorCallback) callback;
      try {
        validation.token(validated(validation.tokenValue()));
      } catch (RuntimeException | GeneralSecurityException error) {
        System.out.println("Refused a token: " + error.getMessage());
        validation.error("invalid_token", null, null);
      }
    }
  }

  private OAuthBearerToken validated(String token) throws GeneralSecurityException {
    URI url = URI.create(new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8));
    TreeMap<String, String> query = new TreeMap<>();
    for (String pair : url.getRawQuery().split("&")) {
      String[] parts = pair.split("=", 2);
      query.put(parts[0], parts[1]);
    }
    String signature = query.remove("X-Amz-Signature");
    // Added after signing, by every signer of MSK's.
    query.remove("User-Agent");

    String host = "kafka." + region + ".amazonaws.com";
    require(host.equals(url.getHost()), "it is for the host " + url.getHost());
    require("kafka-cluster%3AConnect".equals(query.get("Action")), "it is for the action " + query.get("Action"));
    require("host".equals(query.get("X-Amz-SignedHeaders")), "it signs other headers than host");
    String[] credential = URLDecoder.decode(query.get("X-Amz-Credential"), StandardCharsets.UTF_8).split("/");
    require(credential.length == 5 && "kafka-cluster".equals(credential[3]), "it is for another service");
    require(region.equals(credential[2]), "it is for the region " + credential[2]);
    Object secret = options.get("key_" + credential[0]);
    require(secret != null, "its access key is unknown");
    Instant signedAt = LocalDateTime.parse(query.get("X-Amz-Date"), TIME).toInstant(ZoneOffset.UTC);
    Instant expiresAt = signedAt.plusSeconds(Long.parseLong(query.get("X-Amz-Expires")));
    require(Instant.now().isBefore(expiresAt), "it expired at " + expiresAt);

    StringJoiner canonicalQuery = new StringJoiner("&");
    query.forEach((name, value) -> canonicalQuery.add(name + "=" + value));
    String request = "GET\n/\n" + canonicalQuery + "\nhost:" + host + "\n\nhost\n" + sha256("");
    String scope = String.join("/", Arrays.copyOfRange(credential, 1, credential.length));
    String toSign = "AWS4-HMAC-SHA256\n" + query.get("X-Amz-Date") + "\n" + scope + "\n" + sha256(request);
    byte[] key = ("AWS4" + secret).getBytes(StandardCharsets.UTF_8);
    for (String part : scope.split("/")) key = hmac(key, part);
    String expected = HexFormat.of().formatHex(hmac(key, toSign));
    require(expected.equals(signature), "its signature is wrong");
    return new Token(token, credential[0], signedAt.toEpochMilli(), expiresAt.toEpochMilli());
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) throw new IllegalArgumentException(otherwise);
  }

  private static String sha256(String text) throws GeneralSecurityException {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest);
  }

  private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
  }

  private record Token(String value, String principalName, Long startTimeMs, long lifetimeMs)
      implements OAuthBearerToken {
    @Override
    public Set<String> scope() {
      return Set.of();
    }
  }
}
